import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  encodeTimes,
  openStore,
  type RestoreOptions,
  restoreFolder,
  type Snapshot,
  type Store,
  snapshotFolder,
  type TreeEntry,
} from '../../store/index.ts'
import { setPathTime } from '../../store/native-times.ts'
import { describeTree } from '../helpers/describe-tree.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rejectsCode } from './damage.ts'
import { fillFolder, randomContent, randomTime } from './random-folder.ts'

const test = suite('store: restore')

const all: RestoreOptions = { extras: 'remove' }

interface Scene {
  folder: string
  store: Store
  from: string
  to: string
  indexFile: string
}

function scene(): Scene {
  const folder = temporaryFolder('restore')
  const store = openStore(join(folder, 'store'))
  return { folder, store, from: join(folder, 'from'), to: join(folder, 'to'), indexFile: join(folder, 'to.index') }
}

test('random folders come back with modes, links and nanosecond times', async () => {
  const source = random()
  for (let round = 0; round < 8; round++) {
    const { store, from, to } = scene()
    // Large ones take the way through threads.
    fillFolder(from, source, round < 2 ? { breadth: 14, bigFile: 5_000_000 } : {})
    const snapshot = await snapshotFolder(store, from)
    const result = await restoreFolder(store, snapshot, to, all)
    assert.equal(describeTree(to), describeTree(from), `seed ${source.seed}`)
    assert.is(result.files, snapshot.files)
    assert.is(result.copied + result.linked, snapshot.files)
    assert.is((await snapshotFolder(store, to)).root, snapshot.root)
  }
})

test('a folder becomes another snapshot in place, and what is right is not touched', async () => {
  const source = random()
  for (const withIndex of [true, false]) {
    for (let round = 0; round < 3; round++) {
      const { store, from, to, indexFile } = scene()
      const options = withIndex ? { ...all, statIndexFile: indexFile } : all
      const files = fillFolder(from, source, { breadth: 12, writable: true })
      const first = await snapshotFolder(store, from)
      await restoreFolder(store, first, to, options)
      const touched = files.filter(() => source.below(4) === 0)
      for (const file of touched) change(join(from, file))
      const second = await snapshotFolder(store, from)
      const untouched = files.filter((file) => !touched.includes(file))
      const inodes = inodesOf(to, untouched)
      await restoreFolder(store, second, to, options)
      assert.equal(describeTree(to), describeTree(from), `seed ${source.seed}`)
      assert.equal(inodesOf(to, untouched), inodes, `seed ${source.seed}`)
      await restoreFolder(store, first, to, options)
      const again = await restoreFolder(store, first, to, options)
      assert.is(again.unchanged, first.files)
      assert.is(again.copied + again.linked + again.removed, 0)
      assert.equal(inodesOf(to, untouched), inodes, `seed ${source.seed}`)
    }
  }
  function change(path: string) {
    const kind = source.below(4)
    if (kind === 0) rmSync(path)
    else if (kind === 1) chmodSync(path, 0o640)
    else if (kind === 2) setPathTime(path, randomTime(source))
    else {
      rmSync(path)
      if (source.below(2) === 0) writeFileSync(path, randomContent(source))
      else mkdirSync(path)
    }
  }
})

function inodesOf(folder: string, files: string[]): Map<string, number | undefined> {
  return new Map(files.map((file) => [file, lstatSync(join(folder, file), { throwIfNoEntry: false })?.ino]))
}

test('replaces files by folders, folders by links, and so on', async () => {
  const { store, from, to } = scene()
  const kinds = ['file', 'folder', 'link', 'absent'] as const
  const make = (root: string, name: string, kind: (typeof kinds)[number]) => {
    const path = join(root, name)
    if (kind === 'file') writeFileSync(path, name)
    else if (kind === 'link') symlinkSync(name, path)
    else if (kind === 'folder') {
      mkdirSync(join(path, 'in', 'side'), { recursive: true })
      writeFileSync(join(path, 'in', 'file'), name)
    }
  }
  mkdirSync(from)
  mkdirSync(to)
  for (const a of kinds) {
    for (const b of kinds) {
      make(from, `${a} ${b}`, a)
      make(to, `${a} ${b}`, b)
    }
  }
  const snapshot = await snapshotFolder(store, from)
  await restoreFolder(store, snapshot, to, all)
  assert.equal(describeTree(to), describeTree(from))
})

test('keeps or removes what the snapshot does not have', async () => {
  const { store, from, to } = scene()
  mkdirSync(join(from, 'lib'), { recursive: true })
  writeFileSync(join(from, 'lib', 'a'), 'a')
  const snapshot = await snapshotFolder(store, from)
  const litter = () => {
    mkdirSync(join(to, 'lib', 'extra', 'deep'), { recursive: true })
    for (const name of ['lib/b', 'c', 'lib/extra/d', 'lib/extra/deep/e']) writeFileSync(join(to, name), name)
    mkdirSync(join(to, '.git'), { recursive: true })
    writeFileSync(join(to, '.git', 'HEAD'), 'x')
    mkdirSync(join(to, '.zagi', 'state'), { recursive: true })
    writeFileSync(join(to, '.zagi', 'other'), 'x')
    chmodSync(join(to, 'lib', 'extra', 'deep'), 0o555)
  }
  litter()
  assert.is((await restoreFolder(store, snapshot, to, { extras: 'keep' })).removed, 0)
  assert.ok(existsSync(join(to, 'lib/extra/deep/e')))
  const result = await restoreFolder(store, snapshot, to, { extras: 'remove', keep: (path) => path === 'lib/extra/d' })
  assert.is(result.removed, 5)
  assert.equal(readdirSync(join(to, 'lib')), ['a', 'extra'])
  assert.equal(readdirSync(join(to, 'lib', 'extra')), ['d'])
  assert.ok(existsSync(join(to, '.git', 'HEAD')), 'a repository is nobody’s extra')
  assert.equal(readdirSync(join(to, '.zagi')), ['state'])
})

test('names that are not UTF-8, FIFOs and leftovers are removed as extras', async () => {
  const { store, from, to } = scene()
  mkdirSync(from)
  writeFileSync(join(from, 'a\ufffd'), 'a')
  const snapshot = await snapshotFolder(store, from)
  mkdirSync(to)
  writeFileSync(Buffer.from(`${to}/a\xff`, 'latin1'), 'bad name')
  mkdirSync(join(to, '.zagi-tmp-0123456789ab'))
  assert.is((await restoreFolder(store, snapshot, to, { extras: 'keep' })).removed, 0)
  assert.is(readdirSync(to).length, 2)
  assert.is((await restoreFolder(store, snapshot, to, all)).removed, 1)
  assert.equal(readdirSync(to), ['a\ufffd'])
})

test('restores only the folders asked for', async () => {
  const { store, from, to } = scene()
  for (const path of ['a/node_modules/x', 'a/src', 'b/node_modules', 'c/node_modules']) {
    mkdirSync(join(from, path), { recursive: true })
    writeFileSync(join(from, path, 'file'), path)
  }
  const only = ['a/node_modules', 'b/node_modules']
  const snapshot = await snapshotFolder(store, from, { only })
  assert.is(snapshot.files, 2)
  mkdirSync(join(to, 'a', 'src'), { recursive: true })
  writeFileSync(join(to, 'a', 'src', 'mine'), 'source')
  chmodSync(join(to, 'a'), 0o700)
  // Without `only`, the snapshot itself says what is merely the way down.
  await restoreFolder(store, snapshot, to, all)
  assert.is(readFileSync(join(to, 'a/src/mine'), 'utf8'), 'source')
  assert.is(lstatSync(join(to, 'a')).mode & 0o777, 0o700)
  assert.is(readFileSync(join(to, 'b/node_modules/file'), 'utf8'), 'b/node_modules')
  const whole = await snapshotFolder(store, from)
  writeFileSync(join(to, 'a/node_modules/extra'), 'x')
  const result = await restoreFolder(store, whole, to, { ...all, only: ['a/node_modules', 'c/node_modules'] })
  assert.is(result.files, 2)
  assert.ok(existsSync(join(to, 'c/node_modules/file')))
  assert.ok(existsSync(join(to, 'a/src/mine')))
  assert.not.ok(existsSync(join(to, 'a/node_modules/extra')))
  assert.not.ok(existsSync(join(to, 'a/src/file')))
  // What the snapshot lacks is removed where it was asked for.
  await restoreFolder(store, snapshot, to, { ...all, only: ['c/node_modules'] })
  assert.not.ok(existsSync(join(to, 'c/node_modules')))
  assert.is(
    lstatSync(join(to, 'a/node_modules'), { bigint: true }).mtimeNs,
    lstatSync(join(from, 'a/node_modules'), { bigint: true }).mtimeNs,
  )
  await rejectsCode(restoreFolder(store, snapshot, to, { ...all, only: ['../x'] }), ['PATH_UNSAFE'])
  // A file where the way down should go on is nothing that was asked for.
  writeFileSync(join(from, 'd'), 'a file')
  const other = await snapshotFolder(store, from)
  mkdirSync(join(to, 'd', 'mine'), { recursive: true })
  await restoreFolder(store, other, to, { ...all, only: ['d/node_modules'] })
  assert.ok(existsSync(join(to, 'd/mine')))
})

test('never writes through a link', async () => {
  const { folder, store, from, to } = scene()
  mkdirSync(join(from, 'sub'), { recursive: true })
  writeFileSync(join(from, 'sub', 'file'), 'new')
  writeFileSync(join(from, 'top'), 'new')
  const snapshot = await snapshotFolder(store, from)
  const outside = join(folder, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'precious')
  mkdirSync(to)
  symlinkSync(outside, join(to, 'sub'))
  symlinkSync(join(outside, 'file'), join(to, 'top'))
  await restoreFolder(store, snapshot, to, { extras: 'keep' })
  assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'precious')
  assert.equal(describeTree(to), describeTree(from))
  // A link that is a way down to what was asked for is not replaced: it is the user's.
  const { store: other, from: more, to: there } = scene()
  mkdirSync(join(more, 'way', 'down'), { recursive: true })
  const narrow = await snapshotFolder(other, more, { only: ['way/down'] })
  mkdirSync(there)
  symlinkSync(outside, join(there, 'way'))
  await rejectsCode(restoreFolder(other, narrow, there, all), ['PATH_UNSAFE'])
  assert.is(readlinkSync(join(there, 'way')), outside)
})

test('notices a link that took a folder’s place meanwhile', async () => {
  const { folder, store, from, to } = scene()
  mkdirSync(join(from, 'sub'), { recursive: true })
  writeFileSync(join(from, 'sub', 'file'), 'new')
  writeFileSync(join(from, 'first'), 'path')
  const outside = join(folder, 'outside')
  mkdirSync(outside)
  const same = { toStored: () => Buffer.from('token'), linkToStored: String, linkFromStored: String }
  const fromStored = () => {
    rmSync(join(to, 'sub'), { recursive: true })
    symlinkSync(outside, join(to, 'sub'))
    return Buffer.from('path')
  }
  const rewrite = { ...same, fromStored }
  const classify = (path: string) => (path === 'first' ? ('rewrite' as const) : ('private' as const))
  const snapshot = await snapshotFolder(store, from, { rewrite, classify })
  mkdirSync(join(to, 'sub'), { recursive: true })
  await rejectsCode(restoreFolder(store, snapshot, to, { ...all, rewrite }), ['PATH_UNSAFE'])
  assert.equal(readdirSync(outside), [])
})

async function handMade(store: Store, entries: TreeEntry[]): Promise<Pick<Snapshot, 'root' | 'times'>> {
  const writer = store.writer()
  const root = writer.addTree({ entries, files: 0, bytes: 0, count: entries.length })
  const times = writer.addBlob(encodeTimes({ root: 0n, entries: new BigInt64Array(entries.length) }))
  await writer.finish()
  return { root, times }
}

const plain = { mode: 0o644, size: 0, chunked: false, target: '', shared: false, rewritten: false }

test('refuses trees that bring what only this machine may make', async () => {
  const { store, to } = scene()
  const writer = store.writer()
  const id = writer.add(Buffer.from('x'))
  await writer.finish()
  const nested = await handMade(store, [{ ...plain, name: 'state', kind: 'file', id, size: 1 }])
  const bad: TreeEntry[] = [
    { ...plain, name: '.git', kind: 'file', id, size: 1 },
    { ...plain, name: '.GIT', kind: 'link', id: '', target: 'x', size: 1 },
    { ...plain, name: '.g\u200cit', kind: 'tree', id: nested.root },
    { ...plain, name: '.zagi', kind: 'tree', id: nested.root },
  ]
  for (const entry of bad) {
    const snapshot = await handMade(store, [entry])
    await rejectsCode(restoreFolder(store, snapshot, to, all), ['PATH_UNSAFE'])
    assert.not.ok(existsSync(to), 'nothing was written')
  }
})

test('refuses snapshots that do not fit together, before anything is touched', async () => {
  const { store, to } = scene()
  const one = await handMade(store, [{ ...plain, name: 'a', kind: 'file', id: '0'.repeat(64), size: 5 }])
  mkdirSync(to)
  writeFileSync(join(to, 'b'), 'b')
  await rejectsCode(restoreFolder(store, one, to, all), ['CHUNK_MISSING'])
  const none = await handMade(store, [])
  await rejectsCode(restoreFolder(store, { ...one, times: none.times }, to, all), ['TREE_CORRUPT'])
  await rejectsCode(restoreFolder(store, { ...none, times: one.times }, to, all), ['TREE_CORRUPT'])
  assert.equal(readdirSync(to), ['b'])
  const writer = store.writer()
  const id = writer.add(Buffer.from('three'))
  await writer.finish()
  const lying = await handMade(store, [{ ...plain, name: 'a', kind: 'file', id, size: 3 }])
  await rejectsCode(restoreFolder(store, lying, to, all), ['TREE_CORRUPT'])
})

test('refuses a tree without end', async () => {
  const { store, to } = scene()
  const writer = store.writer()
  let root = writer.addTree({ entries: [], files: 0, bytes: 0, count: 0 })
  for (let level = 0; level < 3000; level++) {
    root = writer.addTree({
      entries: [{ ...plain, name: 'd', kind: 'tree', id: root }],
      files: 0,
      bytes: 0,
      count: level,
    })
  }
  const times = writer.addBlob(encodeTimes({ root: 0n, entries: new BigInt64Array(3000) }))
  await writer.finish()
  await rejectsCode(restoreFolder(store, { root, times }, to, all), ['TREE_CORRUPT'])
})

test('deep folders and full folders', async () => {
  const { store, from, to } = scene()
  const deep = Array.from({ length: 1000 }, () => 'd').join('/')
  mkdirSync(join(from, deep), { recursive: true })
  writeFileSync(join(from, deep, 'leaf'), 'leaf')
  mkdirSync(join(from, 'full'))
  for (let i = 0; i < 10_000; i++) writeFileSync(join(from, 'full', `file ${i}`), i < 20 ? `${i}` : '')
  const snapshot = await snapshotFolder(store, from)
  assert.is(snapshot.files, 10_001)
  await restoreFolder(store, snapshot, to, all)
  assert.equal(describeTree(to), describeTree(from))
})

test('rewritten files and links get the form of their place', async () => {
  const { store, from, to } = scene()
  const rewriter = (place: string) => {
    const swap = (text: string, a: string, b: string) => text.replaceAll(a, b)
    const through = (bytes: Uint8Array, a: string, b: string) => Buffer.from(swap(Buffer.from(bytes).toString(), a, b))
    return {
      toStored: (bytes: Uint8Array) => through(bytes, place, '@here@'),
      fromStored: (bytes: Uint8Array) => through(bytes, '@here@', place),
      linkToStored: (target: string) => swap(target, place, '@here@'),
      linkFromStored: (target: string) => swap(target, '@here@', place),
    }
  }
  mkdirSync(join(from, 'bin'), { recursive: true })
  writeFileSync(join(from, 'bin', 'run'), `#!${from}/bin/python\n`, { mode: 0o755 })
  writeFileSync(join(from, 'bin', 'plain'), 'nothing to see')
  symlinkSync(`${from}/bin/run`, join(from, 'latest'))
  const classify = () => 'rewrite' as const
  const indexFile = join(from, '..', 'from.index')
  const options = { classify, rewrite: rewriter(from), statIndexFile: indexFile }
  const snapshot = await snapshotFolder(store, from, options)
  const restore = { ...all, rewrite: rewriter(to), statIndexFile: join(to, '..', 'to.index') }
  await restoreFolder(store, snapshot, to, restore)
  assert.is(readFileSync(join(to, 'bin/run'), 'utf8'), `#!${to}/bin/python\n`)
  assert.is(readlinkSync(join(to, 'latest')), `${to}/bin/run`)
  assert.is(lstatSync(join(to, 'bin/run')).mode & 0o777, 0o755)
  const there = await snapshotFolder(store, to, {
    ...options,
    rewrite: rewriter(to),
    statIndexFile: restore.statIndexFile,
  })
  assert.is(there.root, snapshot.root)
  assert.is((await restoreFolder(store, snapshot, to, restore)).unchanged, 2)
  // The same folder at another place: what the index knows of the files says nothing of their form.
  const moved = await restoreFolder(store, snapshot, to, { ...restore, rewrite: rewriter('/elsewhere') })
  assert.is(moved.copied, 1)
  assert.is(readFileSync(join(to, 'bin/run'), 'utf8'), '#!/elsewhere/bin/python\n')
})

test('stops when asked to', async () => {
  const { store, from, to } = scene()
  fillFolder(from, random(), { breadth: 14, bigFile: 10_000_000 })
  const snapshot = await snapshotFolder(store, from)
  const controller = new AbortController()
  const onProgress = () => controller.abort()
  await rejectsCode(restoreFolder(store, snapshot, to, { ...all, signal: controller.signal, onProgress }), [
    'INTERRUPTED',
  ])
  await restoreFolder(store, snapshot, to, all)
  assert.equal(describeTree(to), describeTree(from))
})
