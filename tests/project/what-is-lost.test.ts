// What a machine does not have, or has no more.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { machine } from '../helpers/machine.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('project: what is lost')

function pushed(more: Record<string, string> = {}) {
  const developer = machine()
  const project = join(developer.home, 'app')
  const remote = temporaryFolder('remote')
  const address = `file://${remote}/demo/app`
  developer.ok(['init', 'app'])
  writeNodeProject(project)
  writeFiles(project, more)
  developer.ok(['commit', '-m', 'one'], { cwd: project })
  developer.ok(['push', address], { cwd: project })
  const other = machine()
  other.ok(['clone', address])
  return { developer, project, remote, address, other, clone: join(other.home, 'app') }
}

test('a fresh clone has reused nothing; a second one reuses everything', () => {
  const { other, address } = pushed()
  const again = JSON.parse(other.ok(['clone', address, 'again', '--json']))
  assert.is(again.chunks, 0)
  assert.ok(again.reused > 0)
  const fresh = JSON.parse(machine().ok(['clone', address, '--json']))
  assert.is(fresh.reused, 0)
  assert.is(fresh.chunks, again.reused)
})

test('an emptied store is filled again by pull, and by restore', () => {
  const { project, other, clone } = pushed()
  const lose = () => {
    rmSync(join(other.home, '.zagi/store'), { recursive: true })
    rmSync(join(clone, 'node_modules'), { recursive: true })
  }
  lose()
  assert.match(other.ok(['pull'], { cwd: clone }), /up to date\nReceived: /)
  other.ok(['restore'], { cwd: clone })
  lose()
  other.ok(['restore'], { cwd: clone })
  const dependencies = (at: string) => describeTree(join(at, 'node_modules'), { skip: (path) => path === '.cache' })
  expectSameTree(dependencies(clone).slice(1), dependencies(project).slice(1))
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
})

test('a manifest that the remote lost comes back with the next push, although no commit is new', () => {
  const { developer, project, remote, address } = pushed()
  rmSync(join(remote, 'repos/demo/app/manifests'), { recursive: true })
  const result = machine().zagi(['clone', address, '--json'])
  assert.match(result.stdout, /CHUNK_MISSING.*zagi push/)
  developer.ok(['push'], { cwd: project })
  machine().ok(['clone', address])
})

test('a commit whose dependencies are on no machine that is asked is not pushed', () => {
  const { developer, project, address } = pushed()
  rmSync(join(developer.home, '.zagi/store'), { recursive: true })
  const elsewhere = `file://${temporaryFolder('remote')}/demo/app`
  const result = developer.zagi(['push', elsewhere, '--json'], { cwd: project })
  assert.is(result.status, 1)
  assert.match(result.stdout, /CHUNK_MISSING/)
  developer.ok(['push', address], { cwd: project })
})

test('what was recorded on another system only is named, with status 3, and the rest is there', () => {
  const { developer, project, address } = pushed()
  const lock = join(project, '.zagi/lock')
  const git = (...args: string[]) =>
    assert.is(developer.run('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], { cwd: project }).status, 0)
  const pointer = readFileSync(join(lock, 'deps.linux-x64.json'), 'utf8')
  git('rm', '-q', '--cached', '.zagi/lock/deps.linux-x64.json')
  const closure = { id: 'a'.repeat(64), size: 10, chunked: false }
  const system = { closure, name: `${'a'.repeat(32)}-redis-7`, files: 1, bytes: 1, bin: ['redis-server'] }
  const tool = { request: 'redis@7', version: '7.0', systems: { 'linux-arm64': system } }
  writeFileSync(join(lock, 'env.json'), JSON.stringify({ version: 1, tools: { redis: tool } }))
  writeFileSync(join(lock, 'deps.linux-arm64.json'), pointer.replaceAll('linux-x64', 'linux-arm64'))
  git('add', '-f', '.zagi/lock/env.json', '.zagi/lock/deps.linux-arm64.json')
  git('commit', '-qm', 'elsewhere')
  rmSync(join(project, 'node_modules'), { recursive: true })
  developer.ok(['push'], { cwd: project })
  const other = machine()
  const result = other.zagi(['clone', address])
  assert.is(result.status, 3, result.stderr)
  assert.match(result.stderr, /redis@7\.0.*zagi add redis@7\.0\n.*linux-arm64 only/)
  const clone = join(other.home, 'app')
  assert.ok(existsSync(join(clone, 'index.js')))
  assert.is(other.zagi(['run', '--', 'true'], { cwd: clone }).status, 0)
  const run = other.zagi(['run', '--', 'redis-server'], { cwd: clone })
  assert.match(run.stderr, /redis-server.*\nHint: .*zagi add redis@7\.0/)
})

test('caches of a package go with the package, those of others stay', () => {
  const venv = 'tools/my env'
  const lib = `${venv}/lib/python3.11/site-packages`
  const { developer, project, other, clone } = pushed({
    [`${venv}/pyvenv.cfg`]: 'home = /usr/bin\n',
    [`${lib}/one/__init__.py`]: '1',
    [`${lib}/one/deep/mod.py`]: '1',
    [`${lib}/two/__init__.py`]: '2',
  })
  const caches = [`${lib}/one/__pycache__/a.pyc`, `${lib}/one/deep/__pycache__/b.pyc`, `${lib}/two/__pycache__/c.pyc`]
  for (const path of caches) writeFiles(clone, { [path]: 'made here' })
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
  rmSync(join(project, lib, 'one'), { recursive: true })
  assert.match(developer.ok(['status'], { cwd: project }), /^ {2}tools\/my env {2}2 paths removed$/m)
  developer.ok(['commit', '-m', 'two'], { cwd: project })
  developer.ok(['push'], { cwd: project })
  other.ok(['pull'], { cwd: clone })
  assert.equal(
    ['one', 'two/__pycache__/c.pyc'].map((path) => existsSync(join(clone, lib, path))),
    [false, true],
  )
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
})
