import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { type BlobRef, hash, openStore, type Store, type Tree, verifyPack } from '../../store/index.ts'
import { readPackFileIndex } from '../../store/pack-footer.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { throwsCode } from './damage.ts'
import { seededBlobs } from './seeded-blobs.ts'

const test = suite('store: local store')

const script = fileURLToPath(import.meta.resolve('./write-blobs.ts'))
const packsIn = (folder: string) => globSync('packs/??/*.pack', { cwd: folder }).map((path) => join(folder, path))
const indexesIn = (folder: string) => globSync('index.*', { cwd: folder }).map((path) => join(folder, path))
const temporariesIn = (folder: string) => globSync('{.,packs,packs/??}/.tmp-*', { cwd: folder })

async function write(store: Store, blobs: readonly Buffer[]): Promise<BlobRef[]> {
  const writer = store.writer()
  const refs = blobs.map((blob) => writer.addBlob(blob))
  await writer.finish()
  return refs
}

function holds(store: Store, refs: BlobRef[], blobs: readonly Buffer[]): void {
  refs.forEach((ref, i) => {
    assert.ok(blobs[i]!.equals(store.readBlob(ref)), `blob ${i} of ${blobs[i]!.length} bytes differs`)
  })
}

const leaf = (name: string, ref: BlobRef) => ({
  name,
  kind: 'file' as const,
  mode: 0o644,
  target: '',
  shared: false,
  rewritten: false,
  ...ref,
})

test('blobs of all sizes come back, and are stored once', async () => {
  const source = random()
  const store = openStore(join(temporaryFolder(), 'store'))
  const blobs = [...seededBlobs(source.seed), source.bytes(200_000)]
  const refs = await write(store, blobs)
  holds(store, refs, blobs)
  holds(openStore(store.folder), refs, blobs)
  for (const [i, ref] of refs.entries()) {
    assert.is(ref.size, blobs[i]!.length)
    assert.is(ref.chunked, ref.id !== hash(blobs[i]!))
  }
  const before = store.stats()
  const writer = store.writer()
  assert.equal(
    blobs.map((blob) => writer.addBlob(blob)),
    refs,
  )
  assert.equal(await writer.finish(), { packs: [], newChunks: 0, newBytes: 0, storedBytes: 0 })
  assert.equal(store.stats(), before)
  assert.is(before.storedBytes, statSync(packsIn(store.folder)[0]!).size)
})

test('nothing is visible before a writer finished, and everything after, to others too', async () => {
  const folder = temporaryFolder()
  const [one, other] = [openStore(folder), openStore(folder)]
  const writer = one.writer()
  const id = writer.add(Buffer.from('hello'))
  assert.not.ok(one.has(id))
  await writer.finish()
  assert.ok(one.has(id))
  assert.not.ok(other.has(id))
  other.refresh()
  assert.ok(other.has(id))
  // A reader that asks for what it does not know yet looks again by itself.
  const next = one.writer()
  const later = next.add(Buffer.from('later'))
  await next.finish()
  assert.is(Buffer.from(other.read(later)).toString(), 'later')
})

test('an aborted writer leaves nothing', () => {
  const folder = temporaryFolder()
  const writer = openStore(folder).writer()
  writer.addBlob(Buffer.alloc(5_000_000, random().bytes(4_000_000)))
  writer.abort()
  assert.equal(packsIn(folder), [])
  assert.equal(temporariesIn(folder), [])
  assert.throws(() => writer.add(Buffer.from('x')), /^Bug/)
})

test('what is not there is said so', () => {
  const store = openStore(join(temporaryFolder(), 'not', 'there'))
  const id = hash(Buffer.from('hello'))
  assert.not.ok(store.has(id))
  throwsCode(() => store.read(id), ['CHUNK_MISSING'])
  throwsCode(() => store.reachable({ trees: [id], blobs: [] }), ['CHUNK_MISSING'])
  assert.equal(store.stats(), { packs: 0, chunks: 0, storedBytes: 0, rawBytes: 0 })
})

test('trees lie together, whatever was stored between them', async () => {
  const source = random()
  const store = openStore(temporaryFolder())
  const writer = store.writer()
  const trees = new Set<string>()
  for (let i = 0; i < 300; i++) {
    const blob = writer.addBlob(source.bytes(2000))
    const tree: Tree = { files: 1, bytes: 2000, count: 1, entries: [leaf(`file ${i}`, blob)] }
    trees.add(writer.addTree(tree))
  }
  await writer.finish()
  const index = readPackFileIndex(packsIn(store.folder)[0]!)
  let framesWithTrees = 0
  for (let frame = 0; frame < index.frames; frame++) {
    let found = 0
    for (let chunk = index.firstChunk(frame); chunk < index.firstChunk(frame + 1); chunk++) {
      if (trees.has(index.chunkId(chunk))) found++
    }
    if (found > 0) framesWithTrees++
  }
  assert.is(trees.size, 300)
  assert.is(framesWithTrees, 1)
})

test('everything below roots is found: trees, recipes, content', async () => {
  const store = openStore(temporaryFolder())
  const writer = store.writer()
  const small = writer.addBlob(Buffer.from('small'))
  const large = writer.addBlob(random(7).bytes(400_000))
  const inner = writer.addTree({ files: 1, bytes: 5, count: 1, entries: [leaf('small', small)] })
  const folder = { ...leaf('inner', { id: inner, size: 0, chunked: false }), kind: 'tree' as const }
  const root = writer.addTree({ files: 2, bytes: 400_005, count: 3, entries: [folder, leaf('large', large)] })
  const apart = writer.addBlob(Buffer.from('apart'))
  const unrelated = writer.addBlob(Buffer.from('unrelated'))
  await writer.finish()
  const found = store.reachable({ trees: [root], blobs: [apart] })
  for (const id of [root, inner, small.id, large.id, apart.id]) assert.ok(found.has(id))
  assert.not.ok(found.has(unrelated.id))
  assert.is(found.size, store.stats().chunks - 1)
  assert.equal(store.readTree(root).entries[1], leaf('large', large))
})

test('a promise about a blob that its chunks do not keep is refused', async () => {
  const store = openStore(temporaryFolder())
  const [small, large] = (await write(store, [Buffer.from('small'), random(7).bytes(400_000)])) as [BlobRef, BlobRef]
  throwsCode(() => store.readBlob({ ...small, size: 4 }), ['TREE_CORRUPT'])
  throwsCode(() => store.readBlob({ ...large, size: 4 }), ['TREE_CORRUPT'])
  throwsCode(() => store.readBlob({ ...small, chunked: true }), ['TREE_CORRUPT'])
  throwsCode(() => store.readTree(small.id), ['TREE_CORRUPT'])
})

test('a flipped byte in a pack never reaches a reader', async () => {
  const source = random()
  for (let round = 0; round < 30; round++) {
    const folder = temporaryFolder()
    const blobs = seededBlobs(source.below(1000))
    const refs = await write(openStore(folder), blobs)
    const path = packsIn(folder)[0]!
    const { end } = readPackFileIndex(path)
    const bytes = readFileSync(path)
    bytes[8 + source.below(end - 8)]! ^= 1 << source.below(8)
    rmSync(path)
    writeFileSync(path, bytes)
    const store = openStore(folder)
    refs.forEach((ref, i) => {
      let read: Uint8Array | undefined
      try {
        read = store.readBlob(ref)
      } catch (error) {
        throwsCode(() => {
          throw error
        }, ['CHUNK_CORRUPT', 'PACK_CORRUPT'])
      }
      assert.ok(read === undefined || blobs[i]!.equals(read), `seed ${source.seed}`)
    })
  }
})

test('a lost or damaged index is made anew from the packs', async () => {
  const folder = temporaryFolder()
  const blobs = [1, 2, 3].map((seed) => seededBlobs(seed))
  const refs: BlobRef[][] = []
  for (const some of blobs) refs.push(await write(openStore(folder), some))
  const check = () => {
    const store = openStore(folder)
    blobs.forEach((some, i) => {
      holds(store, refs[i]!, some)
    })
    assert.ok(indexesIn(folder).length > 0)
  }
  for (const path of indexesIn(folder)) rmSync(path)
  check()
  for (const path of indexesIn(folder)) writeFileSync(path, readFileSync(path).fill(0, 100, 110))
  check()
  for (const path of indexesIn(folder)) writeFileSync(path, '')
  check()
  assert.is(openStore(folder).stats().packs, 3)
})

test('a store that may not be written can be read, with or without an index', async () => {
  const folder = temporaryFolder()
  const refs = await write(openStore(folder), seededBlobs(1))
  chmodSync(folder, 0o555)
  holds(openStore(folder), refs, seededBlobs(1))
  chmodSync(folder, 0o755)
  for (const path of indexesIn(folder)) writeFileSync(path, 'ZCI1')
  chmodSync(folder, 0o555)
  holds(openStore(folder), refs, seededBlobs(1))
})

test('what was in a lost pack is stored again', async () => {
  const folder = temporaryFolder()
  const refs = [await write(openStore(folder), seededBlobs(1)), await write(openStore(folder), seededBlobs(2))]
  const store = openStore(folder)
  holds(store, refs[0]!, seededBlobs(1))
  for (const path of packsIn(folder)) if (statSync(path).size > 0) rmSync(path)
  assert.equal(await write(store, seededBlobs(1)), refs[0])
  holds(openStore(folder), refs[0]!, seededBlobs(1))
  throwsCode(() => openStore(folder).readBlob(refs[1]![7]!), ['CHUNK_MISSING'])
  await write(store, seededBlobs(2))
  holds(openStore(folder), refs[1]!, seededBlobs(2))
})

test('a chunk that two packs have survives the loss of either', async () => {
  const folder = temporaryFolder()
  const [one, other] = [openStore(folder), openStore(folder)]
  // Neither writer knows of the other.
  const writers = [one.writer(), other.writer()]
  const refs = writers.map((writer, i) => [writer.addBlob(Buffer.from('both')), writer.addBlob(Buffer.from(`${i}`))])
  for (const writer of writers) await writer.finish()
  assert.equal(refs[0]![0], refs[1]![0])
  assert.is(openStore(folder).stats().chunks, 3)
  for (const lost of packsIn(folder)) {
    const bytes = readFileSync(lost)
    rmSync(lost)
    openStore(folder).writer().abort()
    assert.is(Buffer.from(openStore(folder).readBlob(refs[0]![0]!)).toString(), 'both')
    writeFileSync(lost, bytes)
    openStore(folder).writer().abort()
  }
})

for (const point of ['file:written', 'file:renamed', 'pack:written', 'pack:renamed', 'index:written']) {
  test(`killed at ${point}: the old state or the new one, and the same again completes it`, async () => {
    const folder = join(temporaryFolder(), 'store')
    const before = await write(openStore(folder), seededBlobs(1))
    const run = (...crash: string[]) => spawnSync(process.execPath, [script, folder, '2', '1', ...crash])
    assert.is(run(point).signal, 'SIGKILL')
    holds(openStore(folder), before, seededBlobs(1))
    for (const path of packsIn(folder)) await verifyPack(path)
    const again = run()
    assert.is(again.status, 0, again.stderr.toString())
    const refs = await write(openStore(folder), seededBlobs(2))
    const store = openStore(folder)
    holds(store, before, seededBlobs(1))
    holds(store, refs, seededBlobs(2))
    // What the killed process made durable was taken up, not written again.
    assert.is(store.stats().packs, 2)
    assert.is(packsIn(folder).length, 2)
  })
}

test('a write that fails leaves the old state, and the same again completes it', async () => {
  const folder = join(temporaryFolder(), 'store')
  const before = await write(openStore(folder), seededBlobs(1))
  // A limit on the size of files fails in the middle of a pack, as a full disk does.
  const limited = spawnSync('sh', ['-c', 'ulimit -f 8; exec "$@"', 'sh', process.execPath, script, folder, '2', '1'])
  assert.is(limited.status, 1)
  assert.match(limited.stderr.toString(), /Could not write /)
  assert.equal(temporariesIn(folder), [])
  assert.is(packsIn(folder).length, 1)
  holds(openStore(folder), before, seededBlobs(1))
  const refs = await write(openStore(folder), seededBlobs(2))
  holds(openStore(folder), refs, seededBlobs(2))
})

test('many processes write at once', async () => {
  const folder = join(temporaryFolder(), 'store')
  const commits = 6
  const seeds = [10, 12, 14, 100]
  const statuses = await Promise.all(
    seeds.map((seed) => {
      const child = spawn(process.execPath, [script, folder, `${seed}`, `${commits}`], { stdio: 'inherit' })
      return new Promise((resolve) => child.on('close', resolve))
    }),
  )
  assert.equal(
    statuses,
    seeds.map(() => 0),
  )
  const store = openStore(folder)
  for (const seed of seeds) {
    for (let commit = 0; commit < commits; commit++) {
      const blobs = seededBlobs(seed + commit)
      const writer = store.writer()
      const refs = blobs.map((blob) => writer.addBlob(blob))
      assert.is((await writer.finish()).newChunks, 0)
      holds(store, refs, blobs)
    }
  }
  assert.equal(temporariesIn(folder), [])
  assert.ok(indexesIn(folder).length <= 4, `${indexesIn(folder).length} parts of the index`)
  assert.equal(
    readdirSync(folder).filter((name) => !/^(packs|index\.[0-9a-f]{32})$/.test(name)),
    [],
  )
})
