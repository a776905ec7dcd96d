import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileReader } from '../../store/file-reader.ts'
import { hash, openStore, type Snapshot, type SnapshotOptions, type Store, snapshotFolder } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rejectsCode, throwsCode } from './damage.ts'
import { fillFolder } from './random-folder.ts'

const test = suite('store: snapshot')

interface Scene {
  store: Store
  from: string
  options: SnapshotOptions
}

function scene(): Scene {
  const folder = temporaryFolder('snapshot')
  const from = join(folder, 'from')
  mkdirSync(from)
  return { store: openStore(join(folder, 'store')), from, options: { statIndexFile: join(folder, 'state', 'index') } }
}

function packFiles(store: Store): string[] {
  const folder = join(store.folder, 'packs')
  return existsSync(folder) ? readdirSync(folder) : []
}

const longAgo = new Date('2020-01-01')

/** Writes a file that is older than any snapshot, so that the stat index believes it. */
function writeOld(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content)
  utimesSync(path, longAgo, longAgo)
}

test('the same folder is the same tree, read by threads or not', async () => {
  const source = random()
  const { store, from } = scene()
  fillFolder(from, source, { breadth: 6 })
  const small = await snapshotFolder(store, from)
  // Beyond this the files are read by worker threads.
  for (let i = 0; i < 300; i++) writeFileSync(join(from, `more ${i}`), `${i % 100}`)
  await snapshotFolder(store, from)
  for (let i = 0; i < 300; i++) rmSync(join(from, `more ${i}`))
  const again = await snapshotFolder(store, from)
  assert.is(again.root, small.root, `seed ${source.seed}`)
  assert.is(again.write.newBytes, store.readBlob(again.times).length, 'only the time of the folder is new')
})

test('stores each chunk once, also when threads meet it at the same time', async () => {
  const { store, from } = scene()
  const content = random(7).bytes(9000)
  for (let i = 0; i < 2000; i++) writeFileSync(join(from, `${i}`), content)
  const { write } = await snapshotFolder(store, from)
  // The chunks of the content, its recipe, the tree, and the times with their recipe.
  assert.ok(write.newChunks < 12, `${write.newChunks} chunks`)
  assert.is(store.stats().chunks, write.newChunks)
})

test('a dry run finds the same ids and stores nothing', async () => {
  const { store, from } = scene()
  fillFolder(from, random(), { breadth: 12 })
  const dry = await snapshotFolder(store, from, { dryRun: true })
  assert.is(store.stats().chunks, 0)
  const real = await snapshotFolder(store, from)
  assert.is(dry.root, real.root)
  assert.equal(dry.times, real.times)
  assert.equal([dry.files, dry.bytes, dry.links, dry.folders], [real.files, real.bytes, real.links, real.folders])
})

test('reads only what changed', async () => {
  const { store, from, options } = scene()
  mkdirSync(join(from, 'sub'))
  for (let i = 0; i < 20; i++) writeOld(join(from, 'sub', `${i}`), `file ${i}`)
  writeOld(join(from, 'top'), 'top')
  const first = await snapshotFolder(store, from, options)
  assert.is(first.unchanged, 0)
  const second = await snapshotFolder(store, from, options)
  assert.is(second.unchanged, 21)
  assert.equal([second.root, second.times, second.write.newChunks], [first.root, first.times, 0])
  writeOld(join(from, 'sub', '3'), 'another')
  chmodSync(join(from, 'sub', '4'), 0o600)
  rmSync(join(from, 'sub', '5'))
  writeOld(join(from, 'sub', '3b'), 'new')
  const third = await snapshotFolder(store, from, options)
  assert.is(third.unchanged, 19, 'a mode is not content')
  assert.is(third.root, (await snapshotFolder(store, from)).root)
  assert.is.not(third.root, first.root)
})

test('a file written again within the same tick is noticed', async () => {
  const { store, from, options } = scene()
  const path = join(from, 'file')
  writeFileSync(path, 'one')
  const first = await snapshotFolder(store, from, options)
  const { mtimeNs, ino } = statSync(path, { bigint: true })
  writeFileSync(path, 'two')
  utimesSync(path, Number(mtimeNs) / 1e9, Number(mtimeNs) / 1e9)
  assert.is(statSync(path, { bigint: true }).ino, ino)
  assert.is.not((await snapshotFolder(store, from, options)).root, first.root)
})

test('an index without its store is no reason to leave something out', async () => {
  const { store, from, options } = scene()
  writeOld(join(from, 'a'), 'content')
  await snapshotFolder(store, from, { ...options, dryRun: true })
  const snapshot = await snapshotFolder(store, from, options)
  assert.is(snapshot.unchanged, 0)
  store.reachable({ trees: [snapshot.root], blobs: [snapshot.times] })
  rmSync(join(store.folder, 'packs'), { recursive: true })
  const other = openStore(`${store.folder}-2`)
  const again = await snapshotFolder(other, from, options)
  assert.is(again.root, snapshot.root)
  other.reachable({ trees: [again.root], blobs: [again.times] })
})

test('a damaged index is read as none', async () => {
  const { store, from, options } = scene()
  for (let i = 0; i < 5; i++) writeOld(join(from, `${i}`), `${i}`)
  const { root } = await snapshotFolder(store, from, options)
  const file = options.statIndexFile!
  const bytes = readFileSync(file)
  bytes[40]! ^= 1
  writeFileSync(file, bytes)
  const again = await snapshotFolder(store, from, options)
  assert.equal([again.root, again.unchanged], [root, 0])
  assert.is((await snapshotFolder(store, from, options)).unchanged, 5)
})

test('big, sparse and empty files', async () => {
  const { store, from } = scene()
  const sparse = openSync(join(from, 'sparse'), 'w')
  ftruncateSync(sparse, 30_000_000)
  writeSync(sparse, 'in the middle', 15_000_000)
  closeSync(sparse)
  writeFileSync(join(from, 'empty'), '')
  const block = random(3).bytes(1_000_003)
  for (let i = 0; i < 12; i++) appendFileSync(join(from, 'big'), block)
  const { root } = await snapshotFolder(store, from)
  for (const entry of store.readTree(root).entries) {
    const bytes = store.readBlob(entry)
    assert.is(Buffer.compare(bytes, readFileSync(join(from, entry.name))), 0, entry.name)
  }
  assert.is(store.readTree(root).bytes, 30_000_000 + 12 * 1_000_003)
})

test('leaves out what is excluded, and what only this machine may make', async () => {
  const { store, from } = scene()
  for (const path of ['.git/objects', '.zagi/state', '.zagi/lock', 'src/.git', 'cache']) {
    mkdirSync(join(from, path), { recursive: true })
    writeFileSync(join(from, path, 'file'), path)
  }
  const seen: [string, boolean][] = []
  const exclude = (path: string, isFolder: boolean) => {
    seen.push([path, isFolder])
    return path === 'cache'
  }
  const { root, files } = await snapshotFolder(store, from, { exclude })
  assert.is(files, 1)
  assert.equal(
    store.readTree(root).entries.map(({ name }) => name),
    ['.zagi', 'src'],
  )
  assert.equal(seen, [
    ['.zagi', true],
    ['.zagi/lock', true],
    ['.zagi/lock/file', false],
    ['cache', true],
    ['src', true],
  ])
})

test('only: what is beside the wanted folders makes no difference', async () => {
  const { store, from } = scene()
  mkdirSync(join(from, 'a', 'deps'), { recursive: true })
  writeFileSync(join(from, 'a', 'deps', 'file'), 'x')
  const one = await snapshotFolder(store, from, { only: ['a/deps', 'a/deps/'.slice(0, 6)] })
  writeFileSync(join(from, 'a', 'source'), 'y')
  chmodSync(join(from, 'a'), 0o700)
  const two = await snapshotFolder(store, from, { only: ['a/deps'] })
  assert.equal([two.root, two.times], [one.root, one.times])
  assert.equal(
    (await snapshotFolder(store, from, { only: ['.', 'a/deps'] })).root,
    (await snapshotFolder(store, from)).root,
  )
  await rejectsCode(snapshotFolder(store, from, { only: ['missing'] }), ['FILE_NOT_FOUND'])
  await rejectsCode(snapshotFolder(store, from, { only: ['../from'] }), ['PATH_UNSAFE'])
  await rejectsCode(snapshotFolder(store, from, { only: ['a/source'] }), ['FILE_TYPE'])
})

test('says what cannot be saved', async () => {
  const { store, from } = scene()
  await rejectsCode(snapshotFolder(store, join(from, 'nowhere')), ['FILE_NOT_FOUND'])
  writeFileSync(join(from, 'file'), 'x')
  await rejectsCode(snapshotFolder(store, join(from, 'file')), ['FILE_TYPE'])
  const fails = async (code: 'FILE_TYPE' | 'NAME_NOT_UTF8', needle: string) => {
    const error = await rejectsCode(snapshotFolder(store, from), [code])
    assert.ok(error.message.includes(needle), error.message)
    assert.is((await snapshotFolder(store, from, { exclude: (path) => path === 'pipe' || path === 'socket' })).files, 1)
  }
  execFileSync('mkfifo', [join(from, 'pipe')])
  await fails('FILE_TYPE', `"${from}/pipe" is a FIFO`)
  rmSync(join(from, 'pipe'))
  const server = createServer().listen(join(from, 'socket'))
  await new Promise((done) => server.once('listening', done))
  await fails('FILE_TYPE', `"${from}/socket" is a socket`)
  await new Promise((done) => server.close(done))
  writeFileSync(Buffer.from(`${from}/caf\xe9`, 'latin1'), 'x')
  const error = await rejectsCode(snapshotFolder(store, from), ['NAME_NOT_UTF8'])
  assert.ok(error.message.includes('/caf\\xe9"'), error.message)
  rmSync(Buffer.from(`${from}/caf\xe9`, 'latin1'))
  symlinkSync(Buffer.from('\xff', 'latin1'), join(from, 'link'))
  await rejectsCode(snapshotFolder(store, from), ['NAME_NOT_UTF8'])
  assert.equal(store.stats().chunks > 0, true)
})

test('a failure in a thread ends all of them and leaves no pack', async () => {
  const { store, from } = scene()
  for (let i = 0; i < 400; i++) writeFileSync(join(from, `${i}`), random(i).bytes(3000))
  const broken = join(from, '300')
  const options: SnapshotOptions = {
    classify: (path) => {
      // Between the scan and the reading.
      if (path === '99') {
        rmSync(broken)
        symlinkSync('/etc/hosts', broken)
      }
      return 'private'
    },
  }
  const error = await rejectsCode(snapshotFolder(store, from, options), ['FILE_CHANGED'])
  assert.ok(error.message.includes('300'))
  assert.equal(store.stats().packs, 0)
  assert.equal(packFiles(store), [])
})

test('a file that is gone when its turn comes is left out', async () => {
  const { store, from, options } = scene()
  for (const name of ['a', 'b', 'c']) writeOld(join(from, name), name)
  const classify: SnapshotOptions['classify'] = (path) => {
    if (path === 'c') rmSync(join(from, 'b'))
    return 'private'
  }
  const snapshot = await snapshotFolder(store, from, { ...options, classify })
  assert.is(snapshot.files, 2)
  assert.is(store.readBlob(snapshot.times).length, 16 + 2 * 8)
  const again = await snapshotFolder(store, from, options)
  assert.equal([again.root, again.unchanged], [snapshot.root, 2])
})

test('a file that changes once before it is read is read as it is then', async () => {
  const { store, from } = scene()
  const path = join(from, 'log')
  writeFileSync(path, 'short')
  const classify: SnapshotOptions['classify'] = () => {
    appendFileSync(path, ' and longer')
    return 'private'
  }
  const { root } = await snapshotFolder(store, from, { classify })
  assert.is(store.readTree(root).entries[0]!.id, hash(Buffer.from('short and longer')))
})

test('a file that changes while it is read is read again, and refused if it never rests', () => {
  const path = join(temporaryFolder('reader'), 'log')
  writeFileSync(path, 'x')
  const stat = statSync(path, { bigint: true })
  const expected = { size: 1, mtimeNs: stat.mtimeNs, inode: stat.ino, mode: 0 }
  const reader = new FileReader(() => {})
  const read = (changes: number) => {
    let text = ''
    const taker = {
      begin: () => {
        text = ''
      },
      add: (piece: Uint8Array) => {
        if (changes-- > 0) appendFileSync(path, 'x')
        text += Buffer.from(piece).toString()
        return piece.length
      },
    }
    assert.is(reader.read(path, expected, taker)?.size, BigInt(text.length))
    return text
  }
  assert.is(read(0), 'x')
  assert.is(read(2), 'xxx')
  throwsCode(() => read(100), ['FILE_CHANGED'])
})

test('stops when asked to, with threads and without', async () => {
  const { store, from } = scene()
  const aborted = AbortSignal.abort()
  writeFileSync(join(from, 'a'), 'a')
  await rejectsCode(snapshotFolder(store, from, { signal: aborted }), ['INTERRUPTED'])
  const huge = openSync(join(from, 'huge'), 'w')
  ftruncateSync(huge, 2 ** 33)
  closeSync(huge)
  const controller = new AbortController()
  const stopped = rejectsCode(snapshotFolder(store, from, { signal: controller.signal }), ['INTERRUPTED'])
  setTimeout(() => controller.abort(), 50)
  await stopped
  assert.equal(packFiles(store), [])
})

test('keeps what it can of a folder that is renamed', async () => {
  const { store, from, options } = scene()
  writeOld(join(from, 'a'), 'a')
  const before = await snapshotFolder(store, from, options)
  renameSync(from, `${from}-2`)
  const after = await snapshotFolder(store, `${from}-2`, options)
  assert.equal([after.root, after.unchanged], [before.root, 1] as [Snapshot['root'], number])
})
