import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { createToken } from '../../nix-server/index.ts'
import { hash, memoryBackend, openStore, PackIndex, parseManifest, type Roots, type Store } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { errorCode, type TestServer, testServer, withServer } from './http-server.ts'

const test = suite('nix-server: chunks')

/** Text that no other test has, and that does not compress away. */
function content(name: string, bytes = 1000): Buffer {
  let text = ''
  for (let i = 0; text.length < bytes; i++) text += hash(Buffer.from(`${name} ${i}`))
  return Buffer.from(text.slice(0, bytes))
}

interface Pack {
  id: string
  bytes: Buffer
  index: PackIndex
}

interface Filled {
  store: Store
  roots: Roots
  packs: Pack[]
  ids: string[]
}

/** A store with a tree of folders, a large file and a small blob beside them. */
async function fill(name: string): Promise<Filled> {
  const store = openStore(temporaryFolder('store'))
  const writer = store.writer()
  const large = writer.addBlob(content(`${name} large`, 400_000))
  const small = writer.addBlob(content(`${name} small`))
  const file = (label: string, blob: typeof large) => ({
    name: label,
    kind: 'file' as const,
    mode: 0o644,
    size: blob.size,
    id: blob.id,
    chunked: blob.chunked,
    target: '',
    shared: false,
    rewritten: false,
  })
  const inner = writer.addTree({ entries: [file('large', large)], files: 1, bytes: large.size, count: 1 })
  const folder = { ...file('sub', large), kind: 'tree' as const, mode: 0o755, size: 0, id: inner, chunked: false }
  const entries = [file('a', small), folder]
  const root = writer.addTree({ entries, files: 2, bytes: large.size + small.size, count: 3 })
  const beside = writer.addBlob(content(`${name} beside`))
  const { packs } = await writer.finish()
  const roots = { trees: [root], blobs: [beside] }
  return { store, roots, packs: packs.map((id) => readPack(store, id)), ids: [...store.reachable(roots)] }
}

function readPack(store: Store, id: string): Pack {
  const bytes = readFileSync(join(store.folder, 'packs', id.slice(0, 2), `${id}.pack`))
  const length = bytes.readUInt32LE(bytes.length - 40)
  const offset = Number(bytes.readBigUInt64LE(bytes.length - 48))
  return { id, bytes, index: new PackIndex(bytes.subarray(offset, offset + length), id) }
}

function packKey(id: string, ending = 'pack'): string {
  return `packs/${id.slice(0, 2)}/${id}.${ending}`
}

let server: TestServer
let token: string

test.before(async () => {
  server = await testServer()
  token = createToken(server.data, 'write', 'test').token
})

test.after(() => server.close())

function put(key: string, body: Uint8Array, at = server.url, as = token): Promise<Response> {
  const headers = { authorization: `Bearer ${as}` }
  return fetch(`${at}/v1/objects/${key}`, { method: 'PUT', body: body as Uint8Array<ArrayBuffer>, headers })
}

async function missing(ids: string[], at = server.url): Promise<boolean[]> {
  const body = Buffer.concat(ids.map((id) => Buffer.from(id.slice(0, 24), 'hex')))
  const answer = await fetch(`${at}/v1/chunks/missing`, { method: 'POST', body })
  assert.is(answer.status, 200)
  const bitmap = Buffer.from(await answer.arrayBuffer())
  assert.is(bitmap.length, Math.ceil(ids.length / 8))
  return ids.map((_, i) => (bitmap[i >> 3]! & (1 << (i & 7))) !== 0)
}

function publish(repository: string, roots: unknown, at = server.url, as = token): Promise<Response> {
  const headers = { authorization: `Bearer ${as}` }
  return fetch(`${at}/v1/repos/${repository}/manifests`, { method: 'POST', body: JSON.stringify(roots), headers })
}

async function upload(filled: Filled): Promise<void> {
  for (const { id, bytes } of filled.packs) assert.is((await put(packKey(id), bytes)).status, 201)
}

test('a pack is stored with its index and served back', async () => {
  const filled = await fill('stored')
  const { id, bytes, index } = filled.packs[0]!
  assert.equal(await (await put(packKey(id), bytes)).json(), { stored: true })
  assert.equal(await (await put(packKey(id), bytes)).json(), { stored: false })
  assert.equal(await (await put(packKey(id, 'index'), Buffer.from('hostile'))).json(), { stored: false })
  const back = await fetch(`${server.url}/v1/objects/${packKey(id)}`)
  assert.equal(Buffer.from(await back.arrayBuffer()), bytes)
  assert.match(back.headers.get('cache-control') ?? '', /immutable/)
  const served = Buffer.from(await (await fetch(`${server.url}/v1/objects/${packKey(id, 'index')}`)).arrayBuffer())
  assert.equal(served, Buffer.from(index.section))
})

test('parts of a pack, HEAD and ETag', async () => {
  const filled = await fill('ranges')
  await upload(filled)
  const { id, bytes } = filled.packs[0]!
  const url = `${server.url}/v1/objects/${packKey(id)}`
  const get = (range: string, more: Record<string, string> = {}) => fetch(url, { headers: { range, ...more } })
  const part = await get('bytes=100-199')
  assert.is(part.status, 206)
  assert.is(part.headers.get('content-range'), `bytes 100-199/${bytes.length}`)
  assert.equal(Buffer.from(await part.arrayBuffer()), bytes.subarray(100, 200))
  assert.equal(Buffer.from(await (await get('bytes=-48')).arrayBuffer()), bytes.subarray(-48))
  const beyond = await get(`bytes=${bytes.length}-`)
  assert.is(beyond.status, 416)
  assert.is(beyond.headers.get('content-range'), `bytes */${bytes.length}`)
  const several = await get('bytes=0-1,5-6')
  assert.is(several.status, 200)
  assert.is((await several.arrayBuffer()).byteLength, bytes.length)
  const head = await fetch(url, { method: 'HEAD' })
  assert.is(head.headers.get('content-length'), String(bytes.length))
  assert.is(head.headers.get('accept-ranges'), 'bytes')
  const etag = head.headers.get('etag')!
  assert.is(etag, `"${id}"`)
  assert.is((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304)
  assert.is((await get('bytes=0-0', { 'if-range': etag })).status, 206)
  assert.is((await get('bytes=0-0', { 'if-range': '"other"' })).status, 200)
})

test('a pack with any flipped byte is refused, and nothing of it is stored', async () => {
  const { packs } = await fill('flipped')
  const { id, bytes } = packs[0]!
  const places = [0, 9, 300, bytes.length - 300, bytes.length - 40, bytes.length - 1]
  for (const place of places) {
    const flipped = Buffer.from(bytes)
    flipped[place]! ^= 0x10
    const answer = await put(packKey(id), flipped)
    assert.is(answer.status, 422, `byte ${place}`)
    assert.ok(['PACK_CORRUPT', 'CHUNK_CORRUPT'].includes(await errorCode(answer)))
  }
  assert.is((await put(packKey(id), bytes.subarray(0, -1))).status, 422)
  assert.is((await put(packKey(id), Buffer.alloc(0))).status, 422)
  for (const ending of ['pack', 'index']) {
    assert.is((await fetch(`${server.url}/v1/objects/${packKey(id, ending)}`)).status, 404)
  }
})

test('a pack under another name is refused', async () => {
  const { packs } = await fill('misnamed')
  const answer = await put(packKey('0'.repeat(64)), packs[0]!.bytes)
  assert.is(answer.status, 400)
  assert.is(await errorCode(answer), 'BAD_NAME')
  assert.is((await fetch(`${server.url}/v1/objects/${packKey('0'.repeat(64))}`)).status, 404)
})

test('the same pack from many clients at once', async () => {
  const { packs, ids } = await fill('concurrent')
  const { id, bytes } = packs[0]!
  const answers = await Promise.all(Array.from({ length: 8 }, () => put(packKey(id), bytes)))
  assert.ok(answers.every(({ status }) => status === 201))
  const back = await fetch(`${server.url}/v1/objects/${packKey(id)}`)
  assert.equal(Buffer.from(await back.arrayBuffer()), bytes)
  assert.ok((await missing(ids)).every((one) => !one))
})

test('only what the layout has can be written', async () => {
  const { packs } = await fill('layout')
  const { id, bytes } = packs[0]!
  const status = async (key: string) => (await put(key, bytes)).status
  assert.is(await status(`packs/${id}.pack`), 400)
  assert.is(await status('tokens.json'), 400)
  assert.is(await status('repos/demo/app/anything'), 400)
  assert.is(await status(`repos/demo/app/manifests/${id}`), 403)
  assert.is((await fetch(`${server.url}/v1/objects/${packKey(id)}`, { method: 'DELETE' })).status, 405)
})

test('which chunks are missing', async () => {
  const there = await fill('there')
  const away = await fill('away')
  await upload(there)
  assert.equal(await missing([]), [])
  assert.equal(
    await missing(there.ids),
    there.ids.map(() => false),
  )
  assert.equal(
    await missing(away.ids),
    away.ids.map(() => true),
  )
  const mixed = there.ids.flatMap((id, i) => [id, away.ids[i] ?? id])
  assert.equal(
    await missing(mixed),
    mixed.map((id) => away.ids.includes(id)),
  )
  const many = Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? there.ids[0]! : hash(Buffer.from(String(i)))))
  assert.equal(
    await missing(many),
    many.map((_, i) => i % 3 !== 0),
  )
  const odd = await fetch(`${server.url}/v1/chunks/missing`, { method: 'POST', body: 'thirteen byte' })
  assert.is(odd.status, 400)
})

test('a manifest names every frame that holds something below the roots', async () => {
  const filled = await fill('manifest')
  const early = await publish('demo/app', filled.roots)
  assert.is(early.status, 409)
  assert.is(await errorCode(early), 'CHUNK_MISSING')
  await upload(filled)
  const answer = await publish('demo/app', filled.roots)
  assert.is(answer.status, 200)
  const { id } = (await answer.json()) as { id: string }
  const url = `${server.url}/v1/objects/repos/demo/app/manifests/${id}`
  const manifest = parseManifest(Buffer.from(await (await fetch(url)).arrayBuffer()))
  assert.equal(manifest.roots, filled.roots)
  const held = new Set<string>()
  for (const { id: pack, frames } of manifest.holdings.packs) {
    const { index } = filled.packs.find((one) => one.id === pack)!
    for (const [first, count] of frames) {
      for (let chunk = index.firstChunk(first); chunk < index.firstChunk(first + count); chunk++) {
        held.add(index.chunkId(chunk))
      }
    }
  }
  assert.equal(
    filled.ids.filter((one) => !held.has(one)),
    [],
  )
  assert.equal(await (await publish('demo/app', filled.roots)).json(), { id })
})

test('roots that are none, in a repository that is none', async () => {
  const { roots } = await fill('none')
  for (const bad of [null, [], 'x', {}, { trees: ['x'], blobs: [] }, { trees: [], blobs: [{ id: 1 }] }]) {
    const answer = await publish('demo/app', bad)
    assert.is(answer.status, 422)
    assert.is(await errorCode(answer), 'MANIFEST_CORRUPT')
  }
  for (const name of ['demo/a..b', 'demo/app.lock', 'de mo/app', '.git/app']) {
    assert.is((await publish(name, roots)).status, 400, name)
  }
})

test('content that is called a tree is refused', async () => {
  const filled = await fill('liar')
  await upload(filled)
  const answer = await publish('demo/app', { trees: [filled.roots.blobs[0]!.id], blobs: [] })
  assert.is(answer.status, 422)
  assert.is(await errorCode(answer), 'TREE_CORRUPT')
})

test('two servers on one storage see what the other takes', async () => {
  const storage = memoryBackend()
  await withServer({ storage }, async (one) => {
    await withServer({ storage }, async (other) => {
      const { token: write } = createToken(one.data, 'write', '')
      const { token: same } = createToken(other.data, 'write', '')
      const filled = await fill('two servers')
      assert.is((await publish('demo/app', filled.roots, other.url, same)).status, 409)
      for (const { id, bytes } of filled.packs) await put(packKey(id), bytes, one.url, write)
      assert.is((await publish('demo/app', filled.roots, other.url, same)).status, 200)
      assert.ok((await missing(filled.ids, other.url)).every((absent) => !absent))
    })
  })
})

test('a server that starts anew knows what is there, and passes over a damaged index', async () => {
  const storage = memoryBackend()
  const data = temporaryFolder('server')
  const good = await fill('good')
  const bad = await fill('bad')
  await withServer({ storage, data }, async (first) => {
    const { token: write } = createToken(data, 'write', '')
    for (const { id, bytes } of good.packs) await put(packKey(id), bytes, first.url, write)
  })
  const damaged = Buffer.from(bad.packs[0]!.index.section)
  damaged[20]! ^= 1
  await storage.put(packKey(bad.packs[0]!.id), bad.packs[0]!.bytes)
  await storage.put(packKey(bad.packs[0]!.id, 'index'), damaged)
  await withServer({ storage, data }, async (second) => {
    assert.ok((await missing(good.ids, second.url)).every((absent) => !absent))
    assert.ok((await missing(bad.ids, second.url)).every((absent) => absent))
    assert.is(second.log.filter(({ event }) => event === 'error').length, 1)
  })
})

test('a pack whose index a killed server did not come to is completed by either of the two', async () => {
  for (const ending of ['pack', 'index']) {
    const storage = memoryBackend()
    const filled = await fill(`killed ${ending}`)
    const { id, bytes, index } = filled.packs[0]!
    await storage.put(packKey(id), bytes)
    await withServer({ storage }, async (other) => {
      const { token: write } = createToken(other.data, 'write', '')
      assert.ok((await missing(filled.ids, other.url)).every((absent) => absent))
      const body = ending === 'pack' ? bytes : index.section
      assert.equal(await (await put(packKey(id, ending), body, other.url, write)).json(), { stored: true })
      assert.ok((await missing(filled.ids, other.url)).every((absent) => !absent))
    })
  }
})

test('a pack that rots in the storage is noticed when it is read', async () => {
  const data = temporaryFolder('server')
  const filled = await fill('rotten')
  const { id, bytes } = filled.packs[0]!
  await withServer({ data }, async (one) => {
    const { token: write } = createToken(data, 'write', '')
    await put(packKey(id), bytes, one.url, write)
    const rotten = Buffer.from(bytes)
    for (let i = 8; i < filled.packs[0]!.index.end; i++) rotten[i]! ^= 0xff
    writeFileSync(join(data, 'objects', packKey(id)), rotten)
    const answer = await publish('demo/app', filled.roots, one.url, write)
    assert.is(answer.status, 500)
    assert.is(await errorCode(answer), 'SERVER_FAILED')
  })
})

test('a listing has one object a line', async () => {
  const filled = await fill('listing')
  await upload(filled)
  const { id, bytes } = filled.packs[0]!
  const text = await (await fetch(`${server.url}/v1/objects?prefix=packs/${id.slice(0, 2)}/`)).text()
  const lines = text.trimEnd().split('\n')
  const found = lines.map((line) => JSON.parse(line)).filter(({ key }) => key.includes(id))
  assert.equal(found.map(({ key }) => key).sort(), [packKey(id, 'index'), packKey(id)].sort())
  assert.is(found.find(({ key }) => key.endsWith('.pack')).size, bytes.length)
})
