// Several commands at once in one project, and many projects on one store.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { type Machine, machine } from '../helpers/machine.ts'
import { type CliResult, runCli } from '../helpers/run-cli.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('project: commands at once', { seconds: 120 })

const start = (account: Machine, cwd: string, ...words: string[]): Promise<CliResult> =>
  runCli(words, { cwd, env: { HOME: account.home } })

function project(): { account: Machine; folder: string } {
  const account = machine()
  const folder = join(account.home, 'app')
  account.ok(['init', 'app'])
  writeNodeProject(folder)
  return { account, folder }
}

/** Everything is recorded, and Git agrees. */
function isClean({ account, folder }: { account: Machine; folder: string }): void {
  assert.match(account.ok(['status'], { cwd: folder }), /Nothing changed/)
  const git = (...args: string[]) => account.run('git', args, { cwd: folder })
  assert.is(git('fsck', '--strict').status, 0)
  assert.is(git('status', '--porcelain').stdout, '')
}

const fine = (results: CliResult[]) => results.filter(({ status }) => status === 0).length

test('commits at once: one records, the others find nothing left to record', async () => {
  const place = project()
  const { account, folder } = place
  const results = await Promise.all([1, 2, 3].map((i) => start(account, folder, 'commit', '-m', `commit ${i}`)))
  assert.is(fine(results), 1)
  for (const { status, stderr } of results) if (status !== 0) assert.match(stderr, /nothing to commit/)
  assert.is(account.ok(['log'], { cwd: folder }).trim().split('\n').length, 1)
  isClean(place)
})

test('clones of one target at once: one wins, nothing of the others stays', async () => {
  const { account, folder } = project()
  const address = `file://${temporaryFolder('remote')}/demo/app`
  account.ok(['commit', '-m', 'one'], { cwd: folder })
  account.ok(['push', address], { cwd: folder })
  const other = machine()
  const results = await Promise.all([1, 2, 3].map(() => start(other, other.home, 'clone', address)))
  assert.is(fine(results), 1)
  for (const { status, stderr } of results) if (status !== 0) assert.match(stderr, /is not an empty folder\nHint: /)
  assert.equal(readdirSync(other.home).sort(), ['.zagi', 'app'])
  isClean({ account: other, folder: join(other.home, 'app') })
})

test('pulls and looks at once: all see one side or the other, and it ends at the newer one', async () => {
  const { account, folder } = project()
  const address = `file://${temporaryFolder('remote')}/demo/app`
  account.ok(['commit', '-m', 'one'], { cwd: folder })
  account.ok(['push', address], { cwd: folder })
  const other = machine()
  other.ok(['clone', address])
  const clone = join(other.home, 'app')
  rmSync(join(folder, 'node_modules/built'), { recursive: true })
  writeFiles(folder, { 'node_modules/new/package.json': '{"name":"new","version":"1.0.0"}', 'new.txt': '1' })
  account.ok(['commit', '-m', 'two'], { cwd: folder })
  account.ok(['push'], { cwd: folder })
  const words = [['pull'], ['status'], ['pull'], ['status'], ['log']]
  const results = await Promise.all(words.map((command) => start(other, clone, ...command)))
  for (const { status, stdout, stderr } of results) assert.is(status, 0, stdout + stderr)
  for (const i of [1, 3]) assert.match(results[i]!.stdout, /last commit .*: (one|two)\nNothing changed/)
  const dependencies = (at: string) => describeTree(join(at, 'node_modules'), { skip: (path) => path === '.cache' })
  expectSameTree(dependencies(clone).slice(1), dependencies(folder).slice(1))
  isClean({ account: other, folder: clone })
})

test('many projects on one store at once', async () => {
  const { account, folder } = project()
  const address = `file://${temporaryFolder('remote')}/demo/app`
  account.ok(['commit', '-m', 'one'], { cwd: folder })
  account.ok(['push', address], { cwd: folder })
  const other = machine()
  const names = ['a', 'b', 'c', 'd', 'e']
  const cloned = await Promise.all(names.map((name) => start(other, other.home, 'clone', address, name)))
  assert.is(fine(cloned), names.length, cloned.map(({ stderr }) => stderr).join(''))
  for (const name of names) writeFiles(other.home, { [`${name}/node_modules/${name}/index.js`]: name.repeat(50_000) })
  const committed = await Promise.all(names.map((name) => start(other, join(other.home, name), 'commit', '-m', name)))
  assert.is(fine(committed), names.length, committed.map(({ stderr }) => stderr).join(''))
  for (const name of names) isClean({ account: other, folder: join(other.home, name) })
})
