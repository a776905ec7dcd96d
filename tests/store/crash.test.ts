import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { compareFolder, openStore, restoreFolder, snapshotFolder } from '../../store/index.ts'
import { describeTree } from '../helpers/describe-tree.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import type { CrashOrder } from './crashing-child.ts'
import { fillFolder } from './random-folder.ts'

const test = suite('store: crashes', { seconds: 300 })

/** Runs the order in a process of its own. @returns whether it was killed at the point */
function killed(order: CrashOrder): boolean {
  const script = join(import.meta.dirname, 'crashing-child.ts')
  const { signal, status, stderr } = spawnSync(process.execPath, [script, JSON.stringify(order)], { encoding: 'utf8' })
  assert.ok(signal === 'SIGKILL' || status === 0, stderr)
  return signal === 'SIGKILL'
}

/** Enough files for worker threads, some of them linkable. */
function makeProject(folder: string): void {
  fillFolder(folder, random(), { breadth: 6 })
  mkdirSync(join(folder, 'package'))
  for (let i = 0; i < 260; i++) writeFileSync(join(folder, 'package', `${i}.js`), `module ${i}`.repeat(i))
  for (let i = 0; i < 260; i++) utimesSync(join(folder, 'package', `${i}.js`), 1_500_000_000, 1_500_000_000 + i)
}

test('a snapshot killed anywhere can be made again, and the store is whole', async () => {
  const points = ['pack:written', 'pack:renamed', 'index:written', 'cache:linked#20', 'file:written', 'file:renamed']
  for (const point of points) {
    const root = temporaryFolder('crash')
    const folder = join(root, 'project')
    makeProject(folder)
    const order = { point, store: join(root, 'store'), folder }
    assert.ok(killed(order), point)
    const store = openStore(order.store)
    const snapshot = await snapshotFolder(store, folder, {
      adopt: true,
      classify: () => 'shared',
      statIndexFile: `${folder}.index`,
    })
    store.reachable({ trees: [snapshot.root], blobs: [snapshot.times] })
    const copy = join(root, 'copy')
    await restoreFolder(store, snapshot, copy, { extras: 'remove' })
    assert.equal(await compareFolder(store, snapshot, copy, { classify: () => 'shared' }), [], point)
  }
})

test('a restore killed anywhere and run again ends in the same state', async () => {
  const root = temporaryFolder('crash')
  const [one, two] = [join(root, 'one'), join(root, 'two')]
  makeProject(one)
  cpSync(one, two, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  for (let i = 0; i < 260; i += 3) writeFileSync(join(two, 'package', `${i}.js`), `changed ${i}`)
  writeFileSync(join(two, 'new'), 'new')
  rmSync(join(two, 'package', '7.js'))
  const storeFolder = join(root, 'store')
  const store = openStore(storeFolder)
  const classify = (path: string) => (path.startsWith('package') ? ('shared' as const) : ('private' as const))
  const first = await snapshotFolder(store, one, { adopt: true, classify })
  const second = await snapshotFolder(store, two, { adopt: true, classify })
  const points = ['restore:entry', 'restore:entry#40', 'restore:entry#80', 'restore:done']
  for (const start of ['nothing', 'the other']) {
    for (const point of points) {
      const folder = join(root, `${start} ${point}`)
      if (start === 'the other') {
        await restoreFolder(store, first, folder, { extras: 'remove', statIndexFile: `${folder}.index` })
        mkdirSync(join(folder, 'extra'))
      }
      const wasKilled = killed({ point, store: storeFolder, folder, snapshot: second })
      assert.ok(wasKilled || point.includes('#'), point)
      await restoreFolder(store, second, folder, { extras: 'remove', statIndexFile: `${folder}.index` })
      assert.equal(describeTree(folder), describeTree(two), `${start}, ${point}`)
      assert.equal(
        readdirSync(folder).filter((name) => name.startsWith('.zagi-tmp')),
        [],
      )
    }
  }
})
