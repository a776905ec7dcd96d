import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { machine } from '../helpers/machine.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('project: commit, push, clone, pull')

const git = (folder: string, ...args: string[]) => {
  const result = machine().run('git', ['-C', folder, '-c', 'safe.directory=*', ...args])
  assert.is(result.status, 0, result.stderr)
  return result.stdout
}

/** A developer with a pushed project, and an address to clone it from. */
function pushed() {
  const address = `file://${temporaryFolder('remote')}/demo/app`
  const developer = machine()
  const project = join(developer.home, 'app')
  developer.ok(['init', 'app'])
  writeNodeProject(project)
  developer.ok(['commit', '-m', 'first'], { cwd: project })
  developer.ok(['push', address], { cwd: project })
  return { address, developer, project }
}

const withoutMachine = { skip: (path: string) => path === '.git' || path === '.zagi' || path === 'node_modules/.cache' }
const dependencies = (project: string) =>
  describeTree(join(project, 'node_modules'), { skip: (path) => path === '.cache' })

test('a clone on another account has the same source and the same dependencies, times included', () => {
  const { address, project } = pushed()
  const other = machine()
  other.ok(['clone', address])
  const clone = join(other.home, 'app')
  expectSameTree(dependencies(clone).slice(1), dependencies(project).slice(1))
  const source = { ...withoutMachine, times: false }
  expectSameTree(describeTree(clone, source).map(modeless), describeTree(project, source).map(modeless))
  assert.ok(statSync(join(clone, 'node_modules/plain/index.js')).nlink >= 2, 'pristine files are linked')
  assert.is(statSync(join(clone, 'node_modules/built/build/made.txt')).nlink, 1, 'what a script made is private')
  assert.not(existsSync(join(clone, 'node_modules/.cache')))
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
})

// Folders of the source are not recorded by Git, so their modes follow the umask; linked files have no write bits.
function modeless(line: string): string {
  return line.replace(/ (folder|file) [0-7]+/, ' $1')
}

test('plain Git finds a clean, valid repository on both sides', () => {
  const { address, project } = pushed()
  const other = machine()
  other.ok(['clone', address])
  for (const folder of [project, join(other.home, 'app')]) {
    assert.is(git(folder, 'status', '--porcelain'), '')
    assert.match(git(folder, 'log', '--format=%s'), /^first\n/)
    git(folder, 'fsck', '--strict')
  }
  assert.is(git(project, 'rev-parse', 'HEAD'), git(join(other.home, 'app'), 'rev-parse', 'HEAD'))
})

test('committing twice without a change is refused, and so is an empty project', () => {
  const { developer, project } = pushed()
  const again = developer.zagi(['commit', '-m', 'again'], { cwd: project })
  assert.is(again.status, 1)
  assert.match(again.stderr, /nothing/i)
})

test('a change of a dependency is shown, committed, pushed and pulled', () => {
  const { address, developer, project } = pushed()
  const other = machine()
  other.ok(['clone', address])
  const clone = join(other.home, 'app')
  const changed = join(project, 'node_modules/plain/index.js')
  rmSync(changed)
  writeFileSync(changed, 'module.exports = "patched"\n')
  writeFiles(project, { 'node_modules/added/package.json': '{"name":"added","version":"3.0.0"}', 'new.txt': 'x' })
  rmSync(join(project, 'node_modules/built'), { recursive: true })
  assert.match(developer.ok(['status'], { cwd: project }), /node_modules/)
  developer.ok(['commit', '-m', 'patch'], { cwd: project })
  developer.ok(['push'], { cwd: project })
  other.ok(['pull'], { cwd: clone })
  expectSameTree(dependencies(clone), dependencies(project))
  assert.is(readFileSync(join(clone, 'new.txt'), 'utf8'), 'x')
  assert.match(other.ok(['status'], { cwd: clone }), /Nothing changed/)
  assert.is(git(clone, 'status', '--porcelain'), '')
})

test('both sides commit: push is refused, pull says so and touches nothing', () => {
  const { address, developer, project } = pushed()
  const other = machine()
  other.ok(['clone', address])
  const clone = join(other.home, 'app')
  writeFiles(clone, { 'theirs.txt': '1' })
  other.ok(['commit', '-m', 'theirs'], { cwd: clone })
  other.ok(['push'], { cwd: clone })
  writeFiles(project, { 'ours.txt': '2' })
  developer.ok(['commit', '-m', 'ours'], { cwd: project })
  const before = describeTree(project, withoutMachine)
  for (const command of ['push', 'pull']) {
    const result = developer.zagi([command, '--json'], { cwd: project })
    assert.is(result.status, 1)
    assert.match(result.stdout, /"code":"(DIVERGED|REF_MOVED)"/)
  }
  expectSameTree(describeTree(project, withoutMachine), before)
})

test('an edit that is not committed survives a pull, unless both changed the file', () => {
  const { address, developer, project } = pushed()
  const other = machine()
  other.ok(['clone', address])
  const clone = join(other.home, 'app')
  writeFiles(project, { 'theirs.txt': '1' })
  developer.ok(['commit', '-m', 'theirs'], { cwd: project })
  developer.ok(['push'], { cwd: project })
  writeFiles(clone, { 'index.js': 'edited\n', 'untracked.txt': 'mine' })
  other.ok(['pull'], { cwd: clone })
  assert.is(readFileSync(join(clone, 'index.js'), 'utf8'), 'edited\n')
  assert.is(readFileSync(join(clone, 'untracked.txt'), 'utf8'), 'mine')
  assert.is(readFileSync(join(clone, 'theirs.txt'), 'utf8'), '1')
  writeFiles(project, { 'index.js': 'theirs\n' })
  developer.ok(['commit', '-m', 'more'], { cwd: project })
  developer.ok(['push'], { cwd: project })
  const result = other.zagi(['pull', '--json'], { cwd: clone })
  assert.match(result.stdout, /DIVERGED/)
  assert.is(readFileSync(join(clone, 'index.js'), 'utf8'), 'edited\n')
})

test('a project works on after it was moved', () => {
  const { developer, project } = pushed()
  const moved = join(developer.home, 'other place')
  renameSync(project, moved)
  assert.match(developer.ok(['status'], { cwd: moved }), /Nothing changed/)
  writeFiles(moved, { 'a.txt': 'a' })
  developer.ok(['commit', '-m', 'moved'], { cwd: moved })
  developer.ok(['push'], { cwd: moved })
  assert.is(developer.zagi(['run', '--', 'true'], { cwd: moved }).status, 0)
})

test('clone refuses a folder with something in it and leaves nothing behind', () => {
  const { address } = pushed()
  const other = machine()
  mkdirSync(join(other.home, 'app'))
  writeFiles(other.home, { 'app/mine': '1' })
  const before = describeTree(other.home, { skip: (path) => path === '.zagi' })
  assert.match(other.zagi(['clone', address, '--json']).stdout, /FOLDER_NOT_EMPTY/)
  assert.match(other.zagi(['clone', address.replace('demo/app', 'demo/none'), '--json']).stdout, /REPOSITORY_NOT_FOUND/)
  expectSameTree(describeTree(other.home, { skip: (path) => path === '.zagi' }), before)
})

test('init in an existing Git repository keeps its history', () => {
  const developer = machine()
  const project = join(developer.home, 'old')
  mkdirSync(project)
  git(project, 'init', '-q', '-b', 'trunk')
  writeFiles(project, { 'a.txt': 'a' })
  git(project, 'add', '.')
  git(project, '-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'by git')
  developer.ok(['init'], { cwd: project })
  writeNodeProject(project)
  developer.ok(['commit', '-m', 'by zagi'], { cwd: project })
  assert.is(git(project, 'log', '--format=%s', 'trunk'), 'by zagi\nby git\n')
  assert.is(git(project, 'status', '--porcelain'), '')
  assert.ok(lstatSync(join(project, '.zagi/lock/deps.linux-x64.json')).isFile())
})
