import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  compareFolder,
  compareTrees,
  openStore,
  type PathChange,
  restoreFolder,
  snapshotFolder,
} from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { fillFolder } from './random-folder.ts'

const test = suite('store: compare')

const listed = (changes: PathChange[]) => changes.map(({ path, change }) => `${change} ${path}`)

test('names what differs, folders only where nothing in them can be named', async () => {
  const folder = temporaryFolder('compare')
  const store = openStore(join(folder, 'store'))
  const from = join(folder, 'from')
  for (const path of ['same/deep', 'gone/deep', 'gone/empty', 'mode', 'swap'])
    mkdirSync(join(from, path), { recursive: true })
  for (const path of ['same/deep/a', 'gone/deep/b', 'changed', 'removed', 'exec', 'touched', 'swap/in', 'kind']) {
    writeFileSync(join(from, path), path)
  }
  symlinkSync('here', join(from, 'link'))
  const options = { statIndexFile: join(folder, 'index') }
  const before = await snapshotFolder(store, from, options)
  assert.equal(await compareFolder(store, before, from, options), [])
  rmSync(join(from, 'gone'), { recursive: true })
  rmSync(join(from, 'removed'))
  rmSync(join(from, 'swap'), { recursive: true })
  writeFileSync(join(from, 'swap'), 'a file now')
  rmSync(join(from, 'kind'))
  symlinkSync('x', join(from, 'kind'))
  writeFileSync(join(from, 'changed'), 'other')
  chmodSync(join(from, 'exec'), 0o755)
  chmodSync(join(from, 'mode'), 0o700)
  utimesSync(join(from, 'touched'), 1, 1)
  rmSync(join(from, 'link'))
  symlinkSync('there', join(from, 'link'))
  mkdirSync(join(from, 'new', 'empty'), { recursive: true })
  writeFileSync(join(from, 'new', 'file'), 'x')
  const expected = [
    'changed changed',
    'changed exec',
    'removed gone/deep/b',
    'removed gone/empty',
    'changed kind',
    'changed link',
    'changed mode',
    'added new/empty',
    'added new/file',
    'removed removed',
    'added swap',
    'removed swap/in',
  ]
  assert.equal(listed(await compareFolder(store, before, from, options)), expected)
  assert.equal(listed(await compareFolder(store, before, from)), expected)
  const after = await snapshotFolder(store, from, options)
  assert.equal(listed(compareTrees(store, before.root, after.root)), expected)
  assert.equal(compareTrees(store, after.root, after.root), [])
  const back = listed(compareTrees(store, after.root, before.root))
  assert.equal(
    back.sort(),
    expected.map((line) => line.replace(/^(added|removed)/, (word) => (word === 'added' ? 'removed' : 'added'))).sort(),
  )
  assert.is(compareTrees(store, undefined, after.root).length, compareTrees(store, after.root, undefined).length)
})

test('wanted folders that are gone count as removed', async () => {
  const folder = temporaryFolder('compare')
  const store = openStore(join(folder, 'store'))
  const from = join(folder, 'from')
  for (const path of ['a/deps', 'b/deps', 'c/deps', 'd/deps']) {
    mkdirSync(join(from, path), { recursive: true })
    writeFileSync(join(from, path, 'file'), path)
  }
  const options = { only: ['a/deps', 'b/deps', 'c/deps', 'd/deps'], statIndexFile: join(folder, 'index') }
  const before = await snapshotFolder(store, from, options)
  rmSync(join(from, 'a', 'deps'), { recursive: true })
  rmSync(join(from, 'b'), { recursive: true })
  rmSync(join(from, 'c'), { recursive: true })
  symlinkSync('d', join(from, 'c'))
  const gone = ['removed a/deps/file', 'removed b/deps/file', 'removed c/deps/file']
  assert.equal(listed(await compareFolder(store, before, from, options)), gone)
  writeFileSync(join(from, 'd', 'source'), 'not asked for')
  assert.equal(listed(await compareFolder(store, before, from, options)), gone)
})

test('stores nothing', async () => {
  const folder = temporaryFolder('compare')
  const store = openStore(join(folder, 'store'))
  const from = join(folder, 'from')
  fillFolder(from, random(), { breadth: 10 })
  const before = await snapshotFolder(store, from)
  writeFileSync(join(from, 'new'), 'new')
  const chunks = store.stats().chunks
  assert.equal(listed(await compareFolder(store, before, from)), ['added new'])
  assert.is(store.stats().chunks, chunks)
})

test('random folders: no difference after a restore, and each one that is made', async () => {
  const source = random()
  for (let round = 0; round < 6; round++) {
    const folder = temporaryFolder('compare')
    const store = openStore(join(folder, 'store'))
    const from = join(folder, 'from')
    const files = fillFolder(from, source, { writable: true })
    const before = await snapshotFolder(store, from)
    const to = join(folder, 'to')
    await restoreFolder(store, before, to, { extras: 'remove' })
    const options = { statIndexFile: join(folder, 'index') }
    assert.equal(await compareFolder(store, before, to, options), [], `seed ${source.seed}`)
    const picked = files.filter(() => source.below(3) === 0)
    for (const file of picked) renameSync(join(to, file), join(to, `${file}~`))
    const changes = await compareFolder(store, before, to, options)
    const paths = [...picked.map((file) => `removed ${file}`), ...picked.map((file) => `added ${file}~`)]
    assert.equal(listed(changes).sort(), paths.sort(), `seed ${source.seed}`)
  }
})
