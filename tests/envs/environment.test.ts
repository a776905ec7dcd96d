import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import {
  activation,
  activationForGitHub,
  activationScript,
  applyActivation,
  type LinkedTool,
  linkEnvironment,
} from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('envs: environment of a project')

function tool(name: string, bin: string[] = [name], version = '1.0'): LinkedTool {
  return { name, version, folder: `/home/u/.zagi/s/abcdef-${name}-${version}`, bin }
}

function project(name = 'my app'): string {
  const folder = join(temporaryFolder('env'), name)
  mkdirSync(join(folder, '.zagi'), { recursive: true })
  return folder
}

test('tools and programs are linked', () => {
  const app = project()
  assert.equal(linkEnvironment(app, [tool('node', ['node', 'npm', 'npx'], '22.9.0'), tool('zig')]), [])
  const env = join(app, '.zagi/env')
  assert.is(readlinkSync(join(env, 'node/22.9.0')), '/home/u/.zagi/s/abcdef-node-22.9.0')
  assert.is(readlinkSync(join(env, 'bin/npm')), '/home/u/.zagi/s/abcdef-node-22.9.0/bin/npm')
  assert.equal(readdirSync(join(env, 'bin')), ['node', 'npm', 'npx', 'zig'])
  assert.not.ok(readlinkSync(env).startsWith('/'), 'relative, so that the project can be moved')
})

test('linking again does nothing, a change swaps everything at once', () => {
  const app = project()
  const env = join(app, '.zagi/env')
  linkEnvironment(app, [tool('node')])
  const first = readlinkSync(env)
  const stamp = activation(app)!.stamp
  linkEnvironment(app, [tool('node')])
  assert.is(readlinkSync(env), first)
  linkEnvironment(app, [tool('node', ['node'], '2.0')])
  assert.is.not(readlinkSync(env), first)
  assert.is.not(activation(app)!.stamp, stamp)
  assert.equal(readdirSync(join(env, 'node')), ['2.0'])
  // A link that somebody changed is put right.
  execFileSync('ln', ['-sfn', '/bin/false', join(env, 'bin/node')])
  linkEnvironment(app, [tool('node', ['node'], '2.0')])
  assert.match(readlinkSync(join(env, 'bin/node')), 'abcdef-node-2.0')
  linkEnvironment(app, [])
  assert.not.ok(existsSync(env))
  assert.is(activation(app), undefined)
  linkEnvironment(app, [])
})

test('old states of the environment are cleared away', () => {
  const app = project()
  for (let i = 0; i < 5; i++) linkEnvironment(app, [tool('node', ['node'], `${i}`)])
  const generations = join(app, '.zagi/state/env')
  assert.is(readdirSync(generations).length, 5, 'young ones may be in the making')
  assert.ok(readdirSync(generations).every((name) => lstatSync(join(generations, name)).isDirectory()))
})

test('a folder in the place of the link is moved aside', () => {
  const app = project()
  mkdirSync(join(app, '.zagi/env/bin'), { recursive: true })
  linkEnvironment(app, [tool('node')])
  assert.equal(readdirSync(join(app, '.zagi/env/bin')), ['node'])
})

test('a program that two tools bring: the tool of that name, then the first in the alphabet', () => {
  const app = project()
  const tools = [tool('yarn', ['yarn', 'x']), tool('npm', ['npm', 'npx']), tool('node', ['node', 'npm', 'npx', 'x'])]
  assert.equal(linkEnvironment(app, tools), [
    { program: 'npm', used: 'npm', hidden: ['node'] },
    { program: 'npx', used: 'node', hidden: ['npm'] },
    { program: 'x', used: 'node', hidden: ['yarn'] },
  ])
  assert.match(readlinkSync(join(app, '.zagi/env/bin/npm')), 'abcdef-npm-1.0')
  const again = project()
  linkEnvironment(again, tools.reverse())
  assert.is(activation(again)!.stamp, activation(app)!.stamp, 'the order does not matter')
})

test('names that are no file names are refused', () => {
  const bad = [tool('../x'), tool('bin'), tool('x', ['../y']), tool('x', ['x'], '..'), tool('x', ['.'])]
  for (const one of bad) {
    const app = project()
    assert.throws(
      () => linkEnvironment(app, [one]),
      (error: unknown) => isZagiError(error, 'BAD_NAME'),
    )
    assert.equal(readdirSync(join(app, '.zagi')), [])
  }
})

test('activation follows the project when it is moved, and sets what the tools need', () => {
  const app = project()
  linkEnvironment(app, [tool('node', ['node', 'npm']), tool('python', ['python3']), tool('go')])
  const moved = join(app, '..', 'elsewhere')
  renameSync(app, moved)
  const active = activation(moved)!
  const local = join(moved, '.zagi/state/local')
  assert.equal(active.path, [join(local, 'bin'), join(moved, '.zagi/env/bin')])
  assert.equal(active.set, {
    GOBIN: join(local, 'bin'),
    GOPATH: join(local, 'go'),
    NPM_CONFIG_PREFIX: local,
    PYTHONUSERBASE: local,
  })
  assert.ok(existsSync(join(local, 'lib')), 'npx fails without it')
  const plain = project()
  linkEnvironment(plain, [tool('zig')])
  assert.equal(activation(plain)!.set, {})
  assert.is(activation(project()), undefined)
})

test('a path with a colon is refused', () => {
  const app = project('a:b')
  linkEnvironment(app, [tool('node')])
  assert.throws(
    () => activation(app),
    (error: unknown) => isZagiError(error, 'BAD_NAME'),
  )
})

test('applying an activation, twice, and another one on top', () => {
  const [one, two] = [project('one'), project('two')]
  linkEnvironment(one, [tool('node', ['npm']), tool('go')])
  linkEnvironment(two, [tool('node', ['npm'])])
  const env = { PATH: '/usr/bin:/bin', GOPATH: '/go', HOME: '/root', GONE: undefined }
  const first = applyActivation(activation(one)!, env)
  assert.is(first['PATH'], `${one}/.zagi/state/local/bin:${one}/.zagi/env/bin:/usr/bin:/bin`)
  assert.is(first['GOPATH'], `${one}/.zagi/state/local/go`)
  assert.is(first['ZAGI_PROJECT'], one)
  assert.not.ok('GONE' in first)
  assert.equal(applyActivation(activation(one)!, first), first)
  const second = applyActivation(activation(two)!, first)
  assert.is(second['PATH'], `${two}/.zagi/state/local/bin:${two}/.zagi/env/bin:/usr/bin:/bin`)
  assert.is(second['GOPATH'], '/go')
  assert.not.ok('GOBIN' in second)
  assert.equal(
    Object.keys(second).filter((name) => name.startsWith('ZAGI_OLD')),
    [],
  )
  assert.equal(applyActivation(activation(one)!, second), first)
})

test('an environment without PATH', () => {
  const app = project()
  linkEnvironment(app, [tool('node')])
  const active = activation(app)!
  assert.is(applyActivation(active, {})['PATH'], active.path.join(':'))
  assert.is(applyActivation(active, applyActivation(active, {}))['PATH'], active.path.join(':'))
})

test('the script is safe in any shell, and does what applying does', () => {
  const app = project(`it's a "$(touch pwned)" \`x\` \\ folder`)
  linkEnvironment(app, [tool('node', ['node', 'npm'])])
  const active = activation(app)!
  const script = `${activationScript(active)}\nprintf '%s\\n' "$PATH" "$NPM_CONFIG_PREFIX"`
  for (const shell of ['sh', 'bash']) {
    const said = execFileSync(shell, ['-eu', '-c', script], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin' },
      cwd: app,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert.is(said, `${active.path.join(':')}:/usr/bin\n${active.set['NPM_CONFIG_PREFIX']}\n`)
  }
  assert.not.ok(existsSync(join(app, 'pwned')))
})

test('lines for GitHub: the first folder comes last, and values cannot end their block', () => {
  const active = { project: '/p', stamp: 's', path: ['/p/a', '/p/b'], set: { GOPATH: 'x\nEOF\ny' } }
  const { path, env } = activationForGitHub(active)
  assert.is(path, '/p/b\n/p/a\n')
  const [, end] = /^GOPATH<<(\w+)\n/.exec(env)!
  assert.is(env, `GOPATH<<${end}\nx\nEOF\ny\n${end}\n`)
})

test('npm installs globally inside of the project', () => {
  const app = project()
  linkEnvironment(app, [tool('node', ['node', 'npm'])])
  const source = temporaryFolder('pkg')
  writeFileSync(join(source, 'package.json'), '{"name":"hello-zagi","version":"1.0.0","bin":"hello.js"}')
  writeFileSync(join(source, 'hello.js'), '#!/bin/sh\necho hello\n')
  chmodSync(join(source, 'hello.js'), 0o755)
  utimesSync(source, 1, 1)
  const env = applyActivation(activation(app)!, { PATH: process.env['PATH'], HOME: temporaryFolder('home') })
  const npm = (...words: string[]) =>
    execFileSync('npm', [...words, '--offline', '--no-audit', '--no-fund', '--no-update-notifier'], {
      env,
      cwd: app,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  npm('install', '-g', '--install-links', source)
  assert.ok(existsSync(join(app, '.zagi/state/local/lib/node_modules/hello-zagi')))
  assert.is(execFileSync('hello-zagi', { env, encoding: 'utf8' }), 'hello\n')
  assert.match(npm('exec', '--', 'hello-zagi'), 'hello')
  linkEnvironment(app, [tool('node', ['node', 'npm'], '2.0')])
  assert.is(execFileSync('hello-zagi', { env, encoding: 'utf8' }), 'hello\n', 'it stays when tools change')
  assert.is(readFileSync(join(app, '.zagi/env/vars'), 'utf8').includes(app), false, 'nothing of the place is recorded')
})
