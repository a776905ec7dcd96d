// The main job on a bare machine, with the packaged binary: install, clone, run, in each interactive shell.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type BareMachine, bareMachine } from '../helpers/bare-machine.ts'
import { type Machine, machine, npmSettings } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { type RunningServer, runningServer } from '../helpers/running-server.ts'
import { writeFiles } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { testCatalog } from '../helpers/test-catalog.ts'
import { terminalSession } from '../helpers/tmux.ts'

const test = suite('end to end: the main job', { seconds: 300 })

let bare: BareMachine
let server: RunningServer
let developer: Machine
let app: string

test.before(async () => {
  const binary = packagedBinary()
  bare = bareMachine(1 + (process.pid % 200))
  // npm needs its registry settings, which are the account's own; the bare machine gets nothing of them.
  developer = machine({ program: [binary], env: npmSettings() })
  const catalog = ['--catalog', testCatalog()]
  server = await runningServer({ program: [binary], admin: developer, host: bare.host, arguments: catalog })
  developer.ok(['server', server.url])
  developer.ok(['login', server.url], { input: server.token })
  app = join(developer.home, 'my-app')
  mkdirSync(app)
  developer.ok(['init'], { cwd: app })
  developer.ok(['add', 'node@22'], { cwd: app })
  writeFiles(app, {
    'package.json': '{ "name": "my-app", "version": "1.0.0" }\n',
    'index.js': `const app = require('express')()
app.get('/', (_, response) => response.send('Hello from ' + process.version + '\\n'))
app.listen(process.env.PORT, '127.0.0.1', () => console.log('listening'))
`,
  })
  developer.ok(['run', '--', 'npm', 'install', '--no-fund', '--no-audit', 'express'], { cwd: app })
  developer.ok(['commit', '-m', 'Express app'], { cwd: app })
  developer.ok(['push', 'demo/my-app'], { cwd: app })
})

test.after(async () => {
  bare?.remove()
  await server?.stop()
})

test('the bare machine is bare', () => {
  assert.is(bare.ok('id -u').trim(), '1000')
  for (const program of ['node', 'npm', 'nix', 'git', 'sudo', 'docker', 'zagi']) {
    assert.is.not(bare.run(`command -v ${program}`).status, 0, program)
  }
  assert.is.not(bare.run('ls /nix').status, 0)
})

test('one line installs, a second time changes nothing', () => {
  const first = bare.ok(`curl -sf ${server.url} | sh`)
  assert.match(first, /\.local\/bin\/zagi/)
  const rc = bare.ok('cat .bashrc')
  bare.ok(`wget -qO- ${server.url} | sh`)
  assert.is(bare.ok('cat .bashrc'), rc)
  assert.match(bare.ok('.local/bin/zagi --version'), /^zagi \d/)
})

test('clone and run without a prompt', () => {
  const cloned = bare.ok('.local/bin/zagi clone demo/my-app')
  assert.match(cloned, /Cloned demo\/my-app/)
  const inApp = 'cd my-app && ../.local/bin/zagi run --'
  assert.match(bare.ok(`${inApp} node --version`), /^v22\./)
  assert.match(bare.ok(`${inApp} npm --version`), /^10\./)
  assert.match(bare.ok(`${inApp} npx --version`), /^10\./)
  const answer = bare.ok(`${inApp} sh -c '
    PORT=3111 node index.js & server=$!
    for i in $(seq 50); do curl -sf http://127.0.0.1:3111/ && break; sleep 0.1; done
    kill $server'`)
  assert.match(answer, /Hello from v22\./)
})

test('npm i -g works and touches only the project', () => {
  const inApp = 'cd my-app && ../.local/bin/zagi run --'
  bare.ok(`mkdir -p hello && cd hello && printf '{"name":"hello","version":"1.0.0","bin":"cli.js"}' > package.json &&
    printf '#!/usr/bin/env node\\nconsole.log("hello global")\\n' > cli.js && chmod +x cli.js`)
  bare.ok(`${inApp} npm i -g --offline --install-links --no-audit --no-fund ../hello`)
  assert.is(bare.ok(`${inApp} hello`).trim(), 'hello global')
  assert.is(
    bare.ok('ls -A | grep -v -e .npm -e .zagi -e .local -e .bashrc -e .config -e .zshrc').trim(),
    'hello\nmy-app',
  )
})

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the hook in interactive ${shell}: cd in, tools are there; cd out, they are gone`, async () => {
    bare.ok(`SHELL=/usr/bin/${shell} sh -c "curl -sf ${server.url} | sh"`)
    const interactive = { bash: ['bash', '-i'], zsh: ['zsh', '-i'], fish: ['fish', '-i'] }[shell]!
    const terminal = terminalSession([...bare.enter, ...interactive])
    try {
      terminal.type("echo rea''dy-2")
      await terminal.waitFor(/ready-2/)
      terminal.type('cd my-app')
      terminal.type("node --version; echo sta''tus-4")
      const inside = await terminal.waitFor(/status-4/)
      assert.match(inside, /^v22\./m)
      terminal.type('command -v node')
      await terminal.waitFor(/my-app\/\.zagi\/env\/bin\/node/)
      terminal.type("cd ..; command -v node; echo le''ft-6")
      const outside = await terminal.waitFor(/left-6/)
      assert.not.match(outside.slice(outside.lastIndexOf('command -v node')), /env\/bin\/node/)
    } finally {
      terminal.close()
    }
  })
}

test('plain git clones the same commits', () => {
  const folder = join(temporaryFolder('git'), 'plain')
  execFileSync('git', ['clone', '-q', `${server.url}/demo/my-app.git`, folder])
  const head = (repository: string) =>
    execFileSync('git', ['-C', repository, 'rev-parse', 'HEAD'], { encoding: 'utf8' })
  assert.is(head(folder), head(app))
  execFileSync('git', ['-C', folder, 'fsck', '--strict'], { stdio: 'pipe' })
  assert.ok(existsSync(join(folder, '.zagi/lock/env.json')))
  assert.not(existsSync(join(folder, 'node_modules')))
})

test('a second project with the same tools and dependencies costs almost nothing', () => {
  const second = join(developer.home, 'second')
  developer.run('cp', ['-a', app, second])
  developer.run('rm', ['-rf', join(second, '.git'), join(second, '.zagi/state')])
  developer.ok(['init'], { cwd: second })
  writeFiles(second, { 'other.js': '1\n' })
  developer.ok(['commit', '-m', 'Second'], { cwd: second })
  const pushed = JSON.parse(developer.ok(['push', 'demo/second', '--json'], { cwd: second })) as { bytes: number }
  const size = (line: string) => Number(bare.ok(line).split(/\s/)[0])
  const storeBefore = size('du -sk .zagi')
  const first = JSON.parse(
    bare.ok(`cd /tmp && HOME=/tmp/fresh ~/.local/bin/zagi clone ${server.url}/demo/my-app one --json`),
  )
  const again = JSON.parse(bare.ok('.local/bin/zagi clone demo/second --json'))
  assert.ok(again.bytes < first.bytes / 100, `${again.bytes} of ${first.bytes} bytes were transferred`)
  assert.ok(pushed.bytes < first.bytes / 100, `${pushed.bytes} bytes were pushed`)
  const grown = size('du -sk .zagi') - storeBefore
  assert.ok(grown < storeBefore / 50, `${grown} of ${storeBefore} KB were added on disk`)
})
