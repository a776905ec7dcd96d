// Both sides changed something.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { type Machine, machine } from '../helpers/machine.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('project: two sides')

interface Side {
  account: Machine
  folder: string
  zagi(...words: string[]): string
}

const side = (account: Machine): Side => {
  const folder = join(account.home, 'app')
  writeFiles(account.home, { '.gitconfig': '[user]\nname = A\nemail = a@b\n' })
  return { account, folder, zagi: (...words) => account.ok(words, { cwd: folder }) }
}

/** A project that two accounts have. */
function both(): [Side, Side] {
  const [one, two] = [side(machine()), side(machine())]
  one.account.ok(['init', 'app'])
  writeNodeProject(one.folder)
  one.zagi('commit', '-m', 'one')
  const address = `file://${temporaryFolder('remote')}/demo/app`
  one.zagi('push', address)
  two.account.ok(['clone', address])
  return [one, two]
}

function share({ zagi }: Side, message: string): void {
  zagi('commit', '-m', message)
  zagi('push')
}

const dependencies = ({ folder }: Side) =>
  describeTree(join(folder, 'node_modules'), { skip: (path) => path === '.cache' }).slice(1)

test('installed on both sides, here without a commit: the pull says so, and has two ways on', () => {
  const [one, two] = both()
  writeFiles(one.folder, { 'node_modules/theirs/index.js': '1' })
  share(one, 'theirs')
  writeFiles(two.folder, { 'node_modules/ours/index.js': '2' })
  const before = dependencies(two)
  const refused = two.account.zagi(['pull', '--json'], { cwd: two.folder })
  assert.match(refused.stdout, /"DIVERGED".*on disk are not committed.*zagi commit.*zagi restore/)
  expectSameTree(dependencies(two), before)
  two.zagi('restore')
  assert.match(two.zagi('status'), /Nothing changed/)
  two.zagi('pull')
  expectSameTree(dependencies(two), dependencies(one))
})

test('installed here without a commit, and only source came: the installation stays', () => {
  const [one, two] = both()
  writeFiles(one.folder, { 'index.js': 'theirs\n' })
  share(one, 'theirs')
  writeFiles(two.folder, { 'node_modules/ours/index.js': '2' })
  assert.match(two.zagi('pull'), /: 1 source file changed\nKept your dependencies, which are not committed\n/)
  assert.ok(existsSync(join(two.folder, 'node_modules/ours/index.js')))
  assert.match(two.zagi('commit', '-m', 'ours'), /dependencies: /)
})

test('commits on both sides: a merge by plain Git, restore, push', () => {
  const [one, two] = both()
  writeFiles(one.folder, { 'node_modules/theirs/index.js': '1' })
  share(one, 'theirs')
  writeFiles(two.folder, { 'ours.txt': '2' })
  two.zagi('commit', '-m', 'ours')
  const refused = two.account.zagi(['pull', '--json'], { cwd: two.folder })
  const merge = /git (merge origin\/main), then: zagi restore/.exec(refused.stdout)?.[1]
  assert.ok(merge, refused.stdout)
  assert.is(two.account.run('git', ['-c', 'core.editor=true', ...merge.split(' ')], { cwd: two.folder }).status, 0)
  two.zagi('restore')
  assert.match(two.zagi('status'), /Nothing changed/)
  expectSameTree(dependencies(two), dependencies(one))
  two.zagi('push')
  one.zagi('pull')
  assert.ok(existsSync(join(one.folder, 'ours.txt')))
  assert.match(one.zagi('status'), /Nothing changed/)
})
