import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { CrashPoint } from '../../base/index.ts'
import { initRepository, openRepository } from '../../history/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { runCommand } from './commands.ts'
import { gitIn } from './git-program.ts'
import { describeFiles } from './random-edits.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: kill -9', { seconds: 400 })

const program = join(import.meta.dirname, 'commands.ts')

/** Runs a command in a process that kills itself at the crash point. Answers whether it came there. */
function isKilled(command: string, folder: string, point: string, source = ''): boolean {
  const words = [program, command, folder, point, source]
  const { signal, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.ok(signal === 'SIGKILL' || status === 0, stderr)
  return signal === 'SIGKILL'
}

const points: CrashPoint[] = [
  ...(['file:written', 'file:renamed', 'git:object', 'git:pack', 'operation:written', 'operation:head-added'] as const),
  ...(['refs:one', 'refs:done', 'working-copy:written'] as const),
]

/** Kills the command at each point, the first, second, … time it is passed, as long as it is passed at all. */
function* kills(make: () => string, command: string, source?: string): Generator<{ folder: string; what: string }> {
  for (const point of points) {
    for (let time = 1; ; time++) {
      const folder = make()
      if (!isKilled(command, folder, `${point}#${time}`, source)) break
      yield { folder, what: `${point}#${time}` }
      // The first few, then some: many are alike.
      if (time > 4) time += 3
    }
  }
}

/** What must be the same however a command came to its end: all but ids that are random and times. */
async function stateOf(folder: string): Promise<unknown> {
  const repository = openRepository(folder, steadyClock())!
  const { branch, change, parent, files } = await repository.status({ author })
  const git = gitIn(folder)
  git('fsck', '--strict')
  assert.not(existsSync(join(folder, '.zagi/state/pending')))
  assert.not(existsSync(join(folder, '.zagi/state/tmp')))
  assert.equal(
    readdirSync(join(folder, '.git')).filter((name) => /lock|zagi|tmp/.test(name)),
    [],
  )
  assert.is(readdirSync(join(folder, '.zagi/state/ops/heads')).length, 1)
  return {
    branch,
    files,
    empty: change.empty,
    parent: [parent?.tree, parent?.message],
    refs: git('for-each-ref', '--format=%(refname) %(tree)', 'refs/heads', 'refs/remotes'),
    status: git('status', '--porcelain'),
    difference: git('diff-index', '--cached', 'HEAD'),
    content: describeFiles(folder),
  }
}

function copyOf(folder: string): string {
  const copy = join(temporaryFolder('crash'), 'project')
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  return copy
}

test('a commit, killed anywhere and given again, ends as without the kill', async () => {
  const { folder, repository } = zagiRepository()
  mkdirSync(join(folder, 'src'))
  for (let i = 0; i < 3; i++) writeFileSync(join(folder, 'src', `file${i}`), `one ${i}`)
  await repository.commit({ author, message: 'one' })
  writeFileSync(join(folder, 'src', 'file1'), 'two')
  rmSync(join(folder, 'src', 'file2'))
  const whole = copyOf(folder)
  await runCommand('commit', whole)
  const expected = await stateOf(whole)
  let count = 0
  for (const { folder: project, what } of kills(() => copyOf(folder), 'commit')) {
    const output = await runCommand('commit', project)
    assert.ok(output === '' || output === 'NOTHING_TO_COMMIT', `${what}: ${output}`)
    assert.equal(await stateOf(project), expected, what)
    count++
  }
  assert.ok(count > 15, `${count} kills`)
})

test('a commit of many files, packed, survives too', async () => {
  const { folder } = zagiRepository()
  for (let i = 0; i < 60; i++) writeFileSync(join(folder, `file${i}`), `content ${i}`)
  const whole = copyOf(folder)
  await runCommand('commit', whole)
  const expected = await stateOf(whole)
  for (const time of [1, 2]) {
    const project = copyOf(folder)
    assert.ok(isKilled('commit', project, `git:pack#${time}`))
    await runCommand('commit', project)
    assert.equal(await stateOf(project), expected, `git:pack#${time}`)
  }
})

test('a snapshot, killed anywhere: the next command finds the edit', async () => {
  const { folder, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'one')
  await repository.commit({ author, message: 'one' })
  writeFileSync(join(folder, 'a'), 'two')
  const whole = copyOf(folder)
  await runCommand('snapshot', whole)
  const expected = await stateOf(whole)
  for (const { folder: project, what } of kills(() => copyOf(folder), 'snapshot')) {
    assert.equal(await stateOf(project), expected, what)
  }
})

test('a pull, killed anywhere: the next command finds the old state or the new one, and the same command the new one', async () => {
  const origin = zagiRepository()
  mkdirSync(join(origin.folder, 'dir', 'deep'), { recursive: true })
  for (const name of ['a', 'b', 'dir/c', 'dir/deep/d', 'becomes-folder']) writeFileSync(join(origin.folder, name), name)
  symlinkSync('a', join(origin.folder, 'link'))
  await origin.repository.commit({ author, message: 'one' })
  const folder = join(temporaryFolder('clone'), 'clone')
  mkdirSync(folder)
  initRepository(folder, { ...steadyClock(), branch: 'main' })
  await runCommand('pull', folder, origin.folder)
  rmSync(join(origin.folder, 'dir'), { recursive: true })
  rmSync(join(origin.folder, 'becomes-folder'))
  mkdirSync(join(origin.folder, 'becomes-folder'))
  for (const name of ['a', 'dir', 'becomes-folder/x', 'new']) writeFileSync(join(origin.folder, name), `${name} two`)
  await origin.repository.commit({ author, message: 'two' })
  writeFileSync(join(folder, 'b'), 'edited and not committed')
  const before = await stateOf(copyOf(folder))
  const whole = copyOf(folder)
  await runCommand('pull', whole, origin.folder)
  const after = await stateOf(whole)
  const fetched = (state: unknown) => ({ ...(state as object), refs: undefined })
  for (const { folder: project, what } of kills(() => copyOf(folder), 'pull', origin.folder)) {
    const again = copyOf(project)
    const found = await stateOf(project)
    const isOld = JSON.stringify(fetched(found)) === JSON.stringify(fetched(before))
    if (!isOld) assert.equal(found, after, what)
    assert.is(await runCommand('pull', again, origin.folder), '', what)
    assert.equal(await stateOf(again), after, what)
  }
})

test('a clone, killed anywhere and begun again in the same folder, ends as without the kill', async () => {
  const origin = zagiRepository()
  mkdirSync(join(origin.folder, 'src'))
  for (let i = 0; i < 4; i++) writeFileSync(join(origin.folder, 'src', `file${i}`), `content ${i}`)
  await origin.repository.commit({ author, message: 'one' })
  const make = () => {
    const folder = join(temporaryFolder('clone'), 'clone')
    mkdirSync(folder)
    initRepository(folder, { ...steadyClock(), branch: 'main' })
    return folder
  }
  const whole = make()
  await runCommand('pull', whole, origin.folder)
  const expected = await stateOf(whole)
  for (const { folder, what } of kills(make, 'pull', origin.folder)) {
    await runCommand('pull', folder, origin.folder)
    assert.equal(await stateOf(folder), expected, what)
  }
})

test('commands at the same time wait for each other, and a killed one holds nobody up', async () => {
  const { folder, repository } = zagiRepository()
  for (let i = 0; i < 50; i++) writeFileSync(join(folder, `file${i}`), String(i))
  const processes = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [program, 'many', folder], { stdio: 'inherit' }),
  )
  const ends = await Promise.all(processes.map((child) => new Promise((done) => child.once('exit', done))))
  assert.equal(ends, [0, 0, 0, 0])
  assert.ok(isKilled('commit', folder, 'operation:written'))
  assert.ok(existsSync(join(folder, '.zagi/state/working-copy.lock')), 'the killed process left its lock')
  await repository.commit({ author, message: 'after' })
  assert.not(existsSync(join(folder, '.zagi/state/working-copy.lock')))
})
