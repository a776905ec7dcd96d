import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  openStore,
  type RestoreOptions,
  restoreFolder,
  type SnapshotOptions,
  type Store,
  snapshotFolder,
} from '../../store/index.ts'
import { isLinkable, LinkCache, sharedMode } from '../../store/link-cache.ts'
import { setPathTime } from '../../store/native-times.ts'
import { describeTree } from '../helpers/describe-tree.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('store: links')

const all: RestoreOptions = { extras: 'remove' }

// Where temporary files are on a file system that clones, another one must do for hard links. It is another device, too.
const memory = '/dev/shm'
const usual = tmpdir()
const clones = new LinkCache(temporaryFolder('links'), 'auto').sharing === 'clone'
const linking = clones ? memory : usual
const another = clones ? usual : memory

interface Scene {
  store: Store
  a: string
  b: string
  /** Options of snapshots of `a` and `b`: all files are pristine. */
  of(project: string): SnapshotOptions & { statIndexFile: string }
  cached(): string[]
}

function scene(options: { link?: 'copy'; place?: string } = {}): Scene {
  process.env['TMPDIR'] = options.place ?? linking
  const folder = temporaryFolder('links')
  const store = openStore(join(folder, 'store'), options)
  const a = join(folder, 'a')
  mkdirSync(a)
  return {
    store,
    a,
    b: join(folder, 'b'),
    of: (project) => ({ adopt: true, classify: () => 'shared', statIndexFile: `${project}.index` }),
    cached: () => {
      const folder = join(store.folder, 'cache')
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    },
  }
}

const longAgo = new Date('2020-01-01')

function writeOld(path: string, content: string, mode = 0o644): void {
  writeFileSync(path, content)
  chmodSync(path, mode)
  utimesSync(path, longAgo, longAgo)
}

const modeOf = (path: string) => lstatSync(path).mode & 0o7777
const linksOf = (path: string) => lstatSync(path).nlink
const inodeOf = (path: string) => lstatSync(path).ino
const text = (path: string) => readFileSync(path, 'utf8')

test('a snapshot adopts pristine files, a restore links them', async () => {
  const { store, a, b, of, cached } = scene()
  writeOld(join(a, 'lib.js'), 'library')
  writeOld(join(a, 'run'), 'program', 0o755)
  writeOld(join(a, 'empty'), '')
  writeOld(join(a, 'secret'), 'secret', 0o600)
  const snapshot = await snapshotFolder(store, a, of(a))
  assert.equal([modeOf(join(a, 'lib.js')), linksOf(join(a, 'lib.js'))], [0o444, 2])
  assert.equal([modeOf(join(a, 'run')), linksOf(join(a, 'run'))], [0o555, 2])
  assert.equal([modeOf(join(a, 'empty')), linksOf(join(a, 'empty'))], [0o644, 1], 'empty files stay private')
  assert.equal([modeOf(join(a, 'secret')), linksOf(join(a, 'secret'))], [0o600, 1], 'so do those with odd modes')
  assert.is(cached().length, 2)
  assert.is(cached().filter((name) => name.endsWith('x')).length, 1)
  const again = await snapshotFolder(store, a, of(a))
  assert.equal([again.root, again.unchanged], [snapshot.root, 4])
  const result = await restoreFolder(store, snapshot, b, { ...all, statIndexFile: `${b}.index` })
  assert.equal([result.linked, result.copied], [2, 2])
  assert.is(inodeOf(join(a, 'lib.js')), inodeOf(join(b, 'lib.js')))
  assert.equal(describeTree(b), describeTree(a))
  const there = await snapshotFolder(store, b, of(b))
  assert.equal([there.root, there.unchanged], [snapshot.root, 4])
})

test('an empty cache is filled by a restore, and write bits make no other tree', async () => {
  const { store, a, b, of, cached } = scene()
  for (let i = 0; i < 300; i++) writeOld(join(a, `${i}`), `file ${i % 250}`, i % 3 === 0 ? 0o664 : 0o644)
  const plain = await snapshotFolder(store, a, { classify: () => 'shared' })
  assert.is(modeOf(join(a, '0')), 0o664, 'nothing is touched without `adopt`')
  const result = await restoreFolder(store, plain, b, all)
  assert.equal([result.copied, result.linked], [250, 50], 'equal files of equal times are one')
  assert.is(cached().length, 250)
  assert.is(modeOf(join(b, '0')), 0o444)
  const adopted = await snapshotFolder(store, b, of(b))
  assert.is(adopted.root, plain.root)
  rmSync(b, { recursive: true })
  assert.equal((await restoreFolder(store, plain, b, all)).linked, 300)
})

test('store.link: copy shares nothing', async () => {
  const { store, a, b, of } = scene({ link: 'copy' })
  writeOld(join(a, 'lib.js'), 'library')
  const snapshot = await snapshotFolder(store, a, of(a))
  assert.equal([modeOf(join(a, 'lib.js')), linksOf(join(a, 'lib.js'))], [0o644, 1])
  await restoreFolder(store, snapshot, b, all)
  assert.equal([modeOf(join(b, 'lib.js')), linksOf(join(b, 'lib.js'))], [0o644, 1])
})

test('an inode that is somebody else’s is left alone', async () => {
  const { store, a, of } = scene()
  const path = join(a, 'lib.js')
  writeOld(path, 'library')
  linkSync(path, `${a}-pnpm-store`)
  await snapshotFolder(store, a, of(a))
  assert.equal([modeOf(path), linksOf(path)], [0o644, 2])
  assert.is((await snapshotFolder(store, a, of(a))).unchanged, 1)
})

test('a young file waits for the next snapshot', async () => {
  const { store, a, of } = scene()
  const path = join(a, 'lib.js')
  writeFileSync(path, 'library')
  const soon = BigInt(Date.now() + 60_000) * 1_000_000n
  setPathTime(path, soon)
  await snapshotFolder(store, a, of(a))
  assert.is(linksOf(path), 1)
})

test('an edit in place stays with the project, and with it alone', async () => {
  const { store, a, b, of, cached } = scene()
  const path = join(a, 'lib.js')
  writeOld(path, 'library')
  const snapshot = await snapshotFolder(store, a, of(a))
  const folderTime = lstatSync(a, { bigint: true }).mtimeNs
  chmodSync(path, 0o644)
  appendFileSync(path, ' edited')
  const inode = inodeOf(path)
  const edited = await snapshotFolder(store, a, of(a))
  assert.is.not(edited.root, snapshot.root)
  assert.is.not(inodeOf(path), inode, 'the edit is in a file of its own')
  assert.equal([text(path), modeOf(path), linksOf(path)], ['library edited', 0o644, 1])
  assert.is(lstatSync(a, { bigint: true }).mtimeNs, folderTime)
  assert.equal(cached(), [], 'the cache does not hand it on')
  await restoreFolder(store, snapshot, b, all)
  assert.is(text(join(b, 'lib.js')), 'library')
  // It stays writable while it is being worked on.
  appendFileSync(path, ' again')
  setPathTime(path, 1_600_000_000_000_000_000n)
  await snapshotFolder(store, a, of(a))
  assert.equal([modeOf(path), linksOf(path)], [0o644, 1])
})

test('looking at a folder keeps an edit in place, too', async () => {
  const { store, a, of } = scene()
  const path = join(a, 'lib.js')
  writeOld(path, 'library')
  await snapshotFolder(store, a, of(a))
  const cacheInode = inodeOf(path)
  chmodSync(path, 0o644)
  appendFileSync(path, ' edited')
  await snapshotFolder(store, a, { ...of(a), dryRun: true })
  assert.is.not(inodeOf(path), cacheInode)
  await snapshotFolder(store, a, of(a))
  assert.equal([text(path), linksOf(path)], ['library edited', 1])
})

test('write bits on a shared file are put right, and are no change', async () => {
  const { store, a, b, of } = scene()
  const path = join(a, 'lib.js')
  writeOld(path, 'library')
  const snapshot = await snapshotFolder(store, a, of(a))
  chmodSync(path, 0o644)
  const again = await snapshotFolder(store, a, of(a))
  assert.equal([again.root, again.unchanged, modeOf(path)], [snapshot.root, 1, 0o444])
  chmodSync(path, 0o666)
  await restoreFolder(store, snapshot, b, all)
  assert.is(modeOf(join(b, 'lib.js')), 0o444)
})

test('a cached file that was changed is dropped before it is linked', async () => {
  for (const damage of [
    (path: string) => appendFileSync(path, 'x'),
    (path: string) => writeFileSync(path, 'LIBRARY'),
    (path: string) => chmodSync(path, 0o755),
    (path: string) => writeFileSync(path, ''),
  ]) {
    const { store, a, b, of, cached } = scene()
    writeOld(join(a, 'lib.js'), 'library')
    const snapshot = await snapshotFolder(store, a, of(a))
    rmSync(a, { recursive: true })
    const [name] = cached()
    const cachedFile = join(store.folder, 'cache', name!.slice(0, 2), name!)
    chmodSync(cachedFile, 0o644)
    damage(cachedFile)
    const result = await restoreFolder(store, snapshot, b, all)
    assert.equal([result.linked, result.copied], [0, 1])
    assert.equal([text(join(b, 'lib.js')), modeOf(join(b, 'lib.js'))], ['library', 0o444])
    assert.is(linksOf(join(b, 'lib.js')), 2, 'the cache has a good one again')
  }
})

test('a restore replaces a shared file, it never writes into it', async () => {
  const { store, a, b, of } = scene()
  const path = join(a, 'lib.js')
  writeOld(path, 'one')
  const one = await snapshotFolder(store, a, of(a))
  await restoreFolder(store, one, b, all)
  rmSync(path)
  writeOld(path, 'two')
  const two = await snapshotFolder(store, a, of(a))
  await restoreFolder(store, one, a, { ...all, statIndexFile: `${a}.index` })
  assert.equal([text(path), text(join(b, 'lib.js')), inodeOf(path)], ['one', 'one', inodeOf(join(b, 'lib.js'))])
  // The same again over a link to the same inode, without an index.
  await restoreFolder(store, one, a, all)
  chmodSync(path, 0o755)
  await restoreFolder(store, one, a, all)
  assert.equal(readdirSync(a), ['lib.js'])
  assert.is(modeOf(join(b, 'lib.js')), 0o755, 'whoever changes the mode of a shared file changes it for all')
  await restoreFolder(store, two, b, all)
  assert.equal([text(join(b, 'lib.js')), text(path)], ['two', 'one'])
})

test('what cannot be shared is copied', async () => {
  const { store, a, b, of } = scene()
  writeOld(join(a, 'lib.js'), 'library')
  const snapshot = await snapshotFolder(store, a, of(a))
  const elsewhere = join(another, `zagi-links-${process.pid}`)
  mkdirSync(elsewhere)
  try {
    await restoreFolder(store, snapshot, join(elsewhere, 'b'), all)
    assert.equal([modeOf(join(elsewhere, 'b/lib.js')), linksOf(join(elsewhere, 'b/lib.js'))], [0o644, 1])
    writeOld(join(elsewhere, 'b/other.js'), 'other')
    await snapshotFolder(store, join(elsewhere, 'b'), of(b))
    assert.is(linksOf(join(elsewhere, 'b/other.js')), 1)
  } finally {
    rmSync(elsewhere, { recursive: true })
  }
})

test('clones where the file system can: private, writable, and free', async () => {
  const { store, a, b, of, cached } = scene({ place: usual })
  const path = join(a, 'file')
  writeOld(path, 'content'.repeat(5000))
  const snapshot = await snapshotFolder(store, a, of(a))
  const result = await restoreFolder(store, snapshot, b, { ...all, statIndexFile: `${b}.index` })
  assert.is(cached().length, 1)
  assert.is(result.linked, 1)
  if (clones) {
    assert.equal([modeOf(path), modeOf(join(b, 'file')), linksOf(path)], [0o644, 0o644, 1])
    assert.equal(describeTree(b), describeTree(a))
    appendFileSync(join(b, 'file'), 'edited')
    assert.is((await snapshotFolder(store, a, of(a))).root, snapshot.root)
    assert.is.not((await snapshotFolder(store, b, of(b))).root, snapshot.root)
  } else {
    // Here it cannot: asked to all the same, it refuses and does no harm.
    const cache = new LinkCache(`${store.folder}-2`, 'clone')
    const stat = lstatSync(path, { bigint: true })
    const key = { id: '0'.repeat(64), mtimeNs: stat.mtimeNs, mode: 0o644, size: Number(stat.size) }
    assert.is(cache.adopt(path, key, stat.ino), 'refused')
    assert.is(cache.place(key, `${path}-2`), undefined)
    assert.equal(readdirSync(a), ['file'])
  }
})

test('what can be shared', () => {
  assert.equal([0o644, 0o664, 0o444, 0o666].map(sharedMode), [0o644, 0o644, 0o644, 0o644])
  assert.equal([0o755, 0o555, 0o775].map(sharedMode), [0o755, 0o755, 0o755])
  assert.ok(isLinkable(0o644, 1, 0n))
  assert.ok(isLinkable(0o755, 1, 0n))
  for (const mode of [0o600, 0o4755, 0o700, 0o640, 0o1644]) assert.not.ok(isLinkable(mode, 1, 0n))
  assert.not.ok(isLinkable(0o644, 0, 0n))
  assert.not.ok(isLinkable(0o644, 1, -1n))
})
