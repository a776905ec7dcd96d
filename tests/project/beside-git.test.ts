// What plain Git does to a project between commands of zagi.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { thisSystem } from '../../base/index.ts'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { type Machine, machine, type Result } from '../helpers/machine.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('project: beside plain Git')

interface Scene {
  account: Machine
  project: string
  address: string
  git(...args: string[]): Result
  zagi(...args: string[]): string
}

function committed(): Scene {
  const account = machine()
  const project = join(account.home, 'app')
  const address = `file://${temporaryFolder('remote')}/demo/app`
  writeFiles(account.home, { '.gitconfig': '[user]\nname = A\nemail = a@b\n[init]\ndefaultBranch = main\n' })
  account.ok(['init', 'app'])
  writeNodeProject(project)
  writeFiles(project, { '.gitignore': 'node_modules\n' })
  const git = (...args: string[]) => account.run('git', args, { cwd: project })
  const zagi = (...args: string[]) => account.ok(args, { cwd: project })
  zagi('commit', '-m', 'one')
  return { account, project, address, git, zagi }
}

const dependencies = (project: string) =>
  describeTree(join(project, 'node_modules'), { skip: (path) => path === '.cache' })

test('a switch to a commit with other dependencies is told, and restore brings them; undo brings the others back', () => {
  const { project, git, zagi } = committed()
  const first = dependencies(project)
  git('switch', '-qc', 'other')
  writeFiles(project, { 'node_modules/more/package.json': '{"name":"more","version":"1.0.0"}' })
  rmSync(join(project, 'node_modules/built'), { recursive: true })
  zagi('commit', '-m', 'other')
  const second = dependencies(project)
  assert.is(git('switch', '-q', 'main').status, 0)
  assert.match(zagi('status'), /node_modules {2}[^\n]*removed[^\n]*added.*zagi restore/s)
  const undo = /Undo with: zagi (restore \S+ \S+)/.exec(zagi('restore'))?.[1]
  expectSameTree(dependencies(project), first)
  assert.match(zagi('status'), /Nothing changed/)
  assert.ok(undo, 'what had to go can be brought back')
  zagi(...undo.split(' '))
  assert.ok(existsSync(join(project, 'node_modules/more/package.json')))
  git('switch', '-q', 'other')
  zagi('restore')
  expectSameTree(dependencies(project), second)
})

test('removed dependencies are brought back as they were, without a snapshot, which nothing needs', () => {
  const { project, zagi } = committed()
  const before = dependencies(project)
  rmSync(join(project, 'node_modules'), { recursive: true })
  assert.match(zagi('status'), /node_modules {2}removed/)
  assert.not.match(zagi('restore'), /Undo/)
  expectSameTree(dependencies(project).slice(1), before.slice(1))
})

test('what plain Git cloned becomes a project with init, and gets its dependencies from the origin', () => {
  const { account, project, address, zagi } = committed()
  zagi('push', address)
  const other = machine()
  const clone = join(other.home, 'cloned')
  assert.is(other.run('git', ['clone', '-q', project, clone]).status, 0)
  assert.match(other.zagi(['status'], { cwd: clone }).stderr, /not set up on this machine.*zagi init/s)
  other.ok(['init'], { cwd: clone })
  other.ok(['remote', 'add', 'origin', address], { cwd: clone })
  other.ok(['restore'], { cwd: clone })
  expectSameTree(dependencies(clone).slice(1), dependencies(join(account.home, 'app')).slice(1))
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
})

test('a conflict in the pointer is told with a way out', () => {
  const { project, git, zagi, account } = committed()
  git('switch', '-qc', 'one')
  writeFiles(project, { 'node_modules/a/index.js': '1' })
  zagi('commit', '-m', 'a')
  git('switch', '-q', 'main')
  writeFiles(project, { 'node_modules/b/index.js': '2' })
  zagi('commit', '-m', 'b')
  assert.is(git('merge', 'one').status, 1)
  const status = account.zagi(['status'], { cwd: project })
  assert.is(status.status, 1)
  assert.match(status.stderr, /pointer.*--ours/s)
  assert.is(git('checkout', '--ours', '--', '.zagi/lock').status, 0)
  assert.is(git('add', '-A').status, 0)
  assert.is(git('commit', '-qm', 'merged').status, 0)
  zagi('status')
  assert.match(zagi('log'), /merged/)
})

test('a pointer that cannot be read in an old commit stops neither log nor push', () => {
  const { account, project, address, git, zagi } = committed()
  const pointer = join(project, '.zagi/lock/deps.linux-x64.json')
  const good = readFileSync(pointer)
  writeFileSync(pointer, '<<<<<<< HEAD\n')
  git('commit', '-qam', 'by accident')
  writeFileSync(pointer, good)
  git('commit', '-qam', 'put right')
  assert.match(zagi('log'), /put right.*by accident/s)
  zagi('push', address)
  const other = machine()
  other.ok(['clone', address])
  expectSameTree(dependencies(join(other.home, 'app')).slice(1), dependencies(join(account.home, 'app')).slice(1))
})

test('a commit with other tools than those in use is told, with a way out', () => {
  const { account, project, git, zagi } = committed()
  const closure = { id: 'a'.repeat(64), size: 10, chunked: false }
  const system = { closure, name: `${'a'.repeat(32)}-redis-7`, files: 1, bytes: 1, bin: ['redis-server'] }
  const tool = { request: 'redis@7', version: '7.0', systems: { [thisSystem()]: system } }
  writeFiles(project, { '.zagi/lock/env.json': JSON.stringify({ version: 1, tools: { redis: tool } }) })
  git('add', '-A')
  git('commit', '-qm', 'by hand')
  assert.match(zagi('status'), /Tools in use.*\n {2}zagi restore/)
  assert.match(account.zagi(['restore', '--json'], { cwd: project }).stdout, /CHUNK_MISSING/)
})

test('pointers are recorded where the user ignores everything that begins with a dot', () => {
  const { account, project, address, zagi } = committed()
  writeFiles(project, { '.gitignore': '.*\nnode_modules\n' })
  writeFiles(project, { 'node_modules/more/index.js': '1' })
  zagi('commit', '-m', 'ignores')
  const fresh = join(account.home, 'fresh')
  mkdirSync(fresh)
  writeFiles(fresh, { '.gitignore': '/*\n', 'node_modules/x/package.json': '{"name":"x","version":"1.0.0"}' })
  account.ok(['init'], { cwd: fresh })
  account.ok(['commit', '-m', 'all ignored'], { cwd: fresh })
  account.ok(['push', address], { cwd: fresh })
  const other = machine()
  assert.match(other.ok(['clone', address]), /dependencies: 1 package/)
})

test('Git sees nothing of what zagi keeps in a project', () => {
  const { project, git } = committed()
  mkdirSync(join(project, '.zagi/data'))
  writeFiles(project, { '.zagi/lock/.tmp-env.json-0123456789ab': '', '.zagi/data/x': '', '.zagi/other': '' })
  assert.is(git('status', '--porcelain', '--untracked-files=all').stdout, '')
})
