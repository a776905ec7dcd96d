import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { createToken, startServer } from '../../nix-server/index.ts'
import {
  type Backend,
  type BlobRef,
  hash,
  httpBackend,
  localBackend,
  manifestId,
  memoryBackend,
  openRemote,
  openStore,
  type Remote,
  type Roots,
  type Store,
} from '../../store/index.ts'
import { readPackFileIndex } from '../../store/pack-footer.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rejectsCode } from './damage.ts'

const test = suite('store: remotes')

const repository = 'demo/my-app'

interface Project {
  roots: Roots
  blobs: { ref: BlobRef; bytes: Buffer }[]
}

/** Stores some files of all sizes and a tree that names them. */
async function makeProject(store: Store, source: Random, files = 40): Promise<Project> {
  const writer = store.writer()
  const blobs = Array.from({ length: files }, () => {
    const size = source.pick([0, 10, 1000, 9000, 100_000])
    const bytes = source.below(2) === 0 ? Buffer.alloc(size, source.bytes(50)) : source.bytes(Math.min(size, 20_000))
    return { ref: writer.addBlob(bytes), bytes }
  })
  const large = source.bytes(400_000)
  blobs.push({ ref: writer.addBlob(large), bytes: large })
  const plain = { kind: 'file' as const, mode: 0o644, target: '', shared: false, rewritten: false }
  const tree = writer.addTree({
    files,
    bytes: 1,
    count: files,
    entries: blobs.slice(1).map(({ ref }, i) => ({ ...plain, name: `file ${String(i).padStart(4, '0')}`, ...ref })),
  })
  await writer.finish()
  return { roots: { trees: [tree], blobs: [blobs[0]!.ref] }, blobs }
}

async function push(store: Store, remote: Remote, roots: Roots) {
  const sent = await remote.upload(store, store.reachable(roots))
  assert.is(await remote.publish(repository, roots, store), manifestId(roots))
  return sent
}

async function fetch(store: Store, remote: Remote, roots: Roots) {
  return remote.download(store, await remote.holdings(repository, manifestId(roots)))
}

function holds(store: Store, project: Project): void {
  store.reachable(project.roots)
  for (const { ref, bytes } of project.blobs) assert.ok(bytes.equals(store.readBlob(ref)))
}

const newStore = () => openStore(join(temporaryFolder(), 'store'))
const remoteOf = (backend: Backend) => openRemote(backend, { cacheFolder: join(temporaryFolder(), 'indexes') })
const packsIn = (folder: string) => globSync('packs/??/*.pack', { cwd: folder }).map((path) => join(folder, path))

async function withBackends(action: (backend: Backend) => Promise<void>): Promise<void> {
  await action(memoryBackend())
  await action(localBackend(join(temporaryFolder(), 'remote')))
  const data = temporaryFolder('server')
  const { token } = createToken(data, 'write', 'test')
  const server = await startServer({ data, port: 0 })
  try {
    await action(httpBackend({ url: server.url, token }))
  } finally {
    await server.close()
  }
}

test('what one store sends another one gets, and nothing twice', async () => {
  const source = random()
  await withBackends(async (backend) => {
    const [here, there] = [newStore(), newStore()]
    const project = await makeProject(here, source)
    const sent = await push(here, remoteOf(backend), project.roots)
    assert.is(sent.chunks, here.stats().chunks)
    assert.is(sent.bytes, here.stats().storedBytes)
    assert.equal(await push(here, remoteOf(backend), project.roots), { chunks: 0, bytes: 0, packs: [] })

    const got = await fetch(there, remoteOf(backend), project.roots)
    assert.equal([got.chunks, got.reused], [here.stats().chunks, 0])
    holds(there, project)
    holds(openStore(there.folder), project)
    const again = await fetch(there, remoteOf(backend), project.roots)
    assert.equal([again.chunks, again.bytes, again.reused], [0, 0, here.stats().chunks])
  })
})

test('a change costs what changed', async () => {
  const source = random()
  await withBackends(async (backend) => {
    const [here, there] = [newStore(), newStore()]
    const remote = remoteOf(backend)
    const first = await makeProject(here, source)
    await push(here, remote, first.roots)
    await fetch(there, remote, first.roots)
    const before = here.stats()
    const writer = here.writer()
    const bytes = Buffer.concat([first.blobs.at(-1)!.bytes, Buffer.from('one more line')])
    const ref = writer.addBlob(bytes)
    await writer.finish()
    const second: Project = { roots: { trees: first.roots.trees, blobs: [ref] }, blobs: [{ ref, bytes }] }
    const sent = await push(here, remote, second.roots)
    assert.is(sent.chunks, here.stats().chunks - before.chunks)
    assert.ok(sent.chunks <= 3)
    const got = await fetch(there, remote, second.roots)
    assert.is(got.chunks, sent.chunks)
    holds(there, second)
    holds(there, first)
  })
})

test('of a pack that is wanted only in part, only that part is sent', async () => {
  const source = random()
  const here = newStore()
  const project = await makeProject(here, source, 200)
  await withBackends(async (backend) => {
    const remote = remoteOf(backend)
    const wanted: Roots = { trees: [], blobs: project.blobs.filter((_, i) => i % 3 === 0).map(({ ref }) => ref) }
    const ids = here.reachable(wanted)
    const sent = await push(here, remote, wanted)
    assert.is(sent.chunks, ids.size)
    assert.equal(await remote.missing(ids), [])
    assert.is((await remote.missing(here.reachable(project.roots))).length, here.stats().chunks - ids.size)
    const there = newStore()
    await fetch(there, remote, wanted)
    assert.is(there.stats().chunks, ids.size)
    // And what was left out comes later.
    await push(here, remote, project.roots)
    await fetch(there, remote, project.roots)
    holds(there, project)
  })
})

test('whole packs and whole frames travel as they are', async () => {
  const backend = memoryBackend()
  const [here, there] = [newStore(), newStore()]
  const project = await makeProject(here, random(5))
  await push(here, remoteOf(backend), project.roots)
  await fetch(there, remoteOf(backend), project.roots)
  const [sent, got] = [packsIn(here.folder)[0]!, packsIn(there.folder)[0]!]
  assert.ok(readFileSync(sent).equals(await backend.get(`packs/${sent.slice(-69, -67)}/${sent.slice(-69)}`)))
  const frames = (path: string) => {
    const index = readPackFileIndex(path)
    const bytes = readFileSync(path)
    return Array.from({ length: index.frames }, (_, frame) => {
      const { offset, stored } = index.frame(frame)
      return hash(bytes.subarray(offset, offset + stored))
    })
  }
  assert.equal(frames(sent).sort(), frames(got).sort())
})

/** As `backend`, but what it streams goes through `change`. */
function changing(backend: Backend, change: (bytes: Buffer, key: string) => Buffer): Backend {
  return {
    ...backend,
    async *stream(key, options) {
      for await (const piece of backend.stream(key, options)) yield change(Buffer.from(piece), key)
    },
  }
}

test('what arrived before a download broke is kept', async () => {
  const backend = memoryBackend()
  const [here, there] = [newStore(), newStore()]
  const source = random(11)
  const project = await makeProject(here, source, 10)
  // Enough that there is more than one request.
  const writer = here.writer()
  for (let i = 0; i < 5; i++) {
    const bytes = Buffer.from(source.bytes(1 << 20))
    const blob = Buffer.concat(Array.from({ length: 5 }, (_, n) => Buffer.concat([Buffer.from(`${n}`), bytes])))
    project.blobs.push({ ref: writer.addBlob(blob), bytes: blob })
  }
  await writer.finish()
  project.roots.blobs.push(...project.blobs.slice(-5).map(({ ref }) => ref))
  await push(here, remoteOf(backend), project.roots)
  let left = 12
  const failing: Backend = {
    ...backend,
    async *stream(key, { start = 0, length = 0 } = {}) {
      for (let at = start; at < start + length; at += 100_000) {
        if (left-- <= 0) throw new Error('the line is dead')
        yield await backend.get(key, { start: at, length: Math.min(100_000, start + length - at) })
      }
    },
  }
  try {
    await fetch(there, remoteOf(failing), project.roots)
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'the line is dead')
  }
  const kept = openStore(there.folder).stats().chunks
  assert.ok(kept > 0)
  const rest = await fetch(there, remoteOf(backend), project.roots)
  assert.is(rest.reused, kept)
  assert.is(rest.chunks, here.stats().chunks - kept)
  holds(there, project)
})

test('a byte that flips on the way is fetched again; one that is wrong at the remote is found', async () => {
  const source = random()
  const folder = join(temporaryFolder(), 'remote')
  const backend = localBackend(folder)
  const here = newStore()
  const project = await makeProject(here, source)
  await push(here, remoteOf(backend), project.roots)

  let flips = 1
  const there = newStore()
  const flipping = changing(backend, (bytes) => {
    if (flips-- > 0) bytes[source.below(bytes.length)]! ^= 1
    return bytes
  })
  await fetch(there, remoteOf(flipping), project.roots)
  holds(there, project)

  const path = packsIn(folder)[0]!
  const good = readFileSync(path)
  const { end } = readPackFileIndex(path)
  for (let round = 0; round < 20; round++) {
    const bad = Buffer.from(good)
    bad[8 + source.below(end - 8)]! ^= 1 << source.below(8)
    rmSync(path)
    writeFileSync(path, bad)
    const victim = newStore()
    try {
      await fetch(victim, remoteOf(backend), project.roots)
      // A flipped bit in the head of a zstd frame can leave its content as it was.
      holds(victim, project)
    } catch (error) {
      const found = await rejectsCode(Promise.reject(error), ['CHUNK_CORRUPT', 'PACK_CORRUPT'])
      assert.ok(found.message.includes(backend.address), `seed ${source.seed}`)
    }
    // What came is right in any case.
    for (const { ref, bytes } of project.blobs) {
      if (!ref.chunked && victim.has(ref.id)) assert.ok(bytes.equals(victim.read(ref.id)))
    }
    const mended = localBackend(join(temporaryFolder(), 'mended'))
    await push(here, remoteOf(mended), project.roots)
    await fetch(victim, remoteOf(mended), project.roots)
    holds(victim, project)
  }
})

test('a remote that lacks or confuses things gets a clear error', async () => {
  const folder = join(temporaryFolder(), 'remote')
  const backend = localBackend(folder)
  const here = newStore()
  const project = await makeProject(here, random(3))
  const other = await makeProject(here, random(4))
  const remote = remoteOf(backend)
  await rejectsCode(remote.holdings(repository, manifestId(project.roots)), ['KEY_NOT_FOUND'])
  await rejectsCode(remote.publish(repository, project.roots, here), ['CHUNK_MISSING'])
  await push(here, remote, project.roots)
  await push(here, remote, other.roots)
  const holdings = await remote.holdings(repository, manifestId(project.roots))
  const pack = holdings.packs[0]!

  const unknown = { packs: [{ id: hash(Buffer.from('no such pack')), frames: [[0, 1]] as [number, number][] }] }
  const error = await rejectsCode(remote.download(newStore(), unknown), ['CHUNK_MISSING'])
  assert.match(error.message, /pack/)
  const beyond = { packs: [{ id: pack.id, frames: [[0, 10_000]] as [number, number][] }] }
  await rejectsCode(remote.download(newStore(), beyond), ['MANIFEST_CORRUPT'])

  const [one, two] = [project, other].map(({ roots }) => join(folder, 'repos/demo/my-app/manifests', manifestId(roots)))
  writeFileSync(one!, readFileSync(two!))
  await rejectsCode(remote.holdings(repository, manifestId(project.roots)), ['MANIFEST_CORRUPT'])
  writeFileSync(one!, '{}')
  await rejectsCode(remote.holdings(repository, manifestId(project.roots)), ['MANIFEST_CORRUPT'])

  const packFile = join(folder, 'packs', pack.id.slice(0, 2), `${pack.id}.pack`)
  const good = readFileSync(packFile)
  writeFileSync(packFile, good.subarray(0, 1000))
  await rejectsCode(remoteOf(backend).download(newStore(), holdings), ['PACK_CORRUPT'])
  rmSync(packFile)
  await rejectsCode(remoteOf(backend).download(newStore(), holdings), ['KEY_NOT_FOUND'])
  writeFileSync(packFile, good)
  writeFileSync(packFile.replace('.pack', '.index'), 'ZPX1 not')
  await rejectsCode(remoteOf(backend).download(newStore(), holdings), ['PACK_CORRUPT'])
  await rejectsCode(remote.holdings('../x', manifestId(project.roots)), ['BAD_NAME'])
})

test('a damaged local pack is not spread', async () => {
  const here = newStore()
  const project = await makeProject(here, random(8))
  const path = packsIn(here.folder)[0]!
  const bytes = readFileSync(path)
  // The 100 kB of random bytes are stored as they are: this flips content for sure.
  const { offset, stored } = readPackFileIndex(path).frame(1)
  bytes[offset + stored - 10]! ^= 1
  rmSync(path)
  writeFileSync(path, bytes)
  const backend = memoryBackend()
  const ids = new Set(here.reachable(project.roots))
  await rejectsCode(remoteOf(backend).upload(here, ids), ['CHUNK_CORRUPT', 'PACK_CORRUPT'])
  ids.delete(project.roots.trees[0]!)
  await rejectsCode(remoteOf(backend).upload(here, ids), ['CHUNK_CORRUPT', 'PACK_CORRUPT'])
  for await (const { key } of backend.list('packs/')) assert.unreachable(key)
  assert.equal(globSync('packs/.tmp-*', { cwd: here.folder }), [])
})

test('chunks that are not here cannot be sent, and a stop stops', async () => {
  const here = newStore()
  const project = await makeProject(here, random(9))
  await withBackends(async (backend) => {
    const remote = remoteOf(backend)
    await rejectsCode(remote.upload(here, [hash(Buffer.from('nowhere'))]), ['CHUNK_MISSING'])
    const stopped = { signal: AbortSignal.abort() }
    await rejectsCode(remote.upload(here, here.reachable(project.roots), stopped), ['INTERRUPTED'])
    await push(here, remote, project.roots)
    const holdings = await remote.holdings(repository, manifestId(project.roots))
    await rejectsCode(remote.download(newStore(), holdings, stopped), ['INTERRUPTED'])
  })
})

test('progress reaches its total', async () => {
  const here = newStore()
  const project = await makeProject(here, random(10))
  await withBackends(async (backend) => {
    const seen: { done: number; total: number }[] = []
    const onProgress = (progress: { done: number; total: number }) => {
      seen.push(progress)
    }
    const remote = remoteOf(backend)
    const check = () => {
      assert.ok(seen.length > 1)
      assert.is(seen.at(-1)!.done, seen.at(-1)!.total)
      assert.ok(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1]!.done))
      seen.length = 0
    }
    await remote.upload(here, here.reachable(project.roots), { onProgress })
    check()
    await remote.publish(repository, project.roots, here)
    const holdings = await remote.holdings(repository, manifestId(project.roots))
    await remote.download(newStore(), holdings, { onProgress })
    check()
  })
})
