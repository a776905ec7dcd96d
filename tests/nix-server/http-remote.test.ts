import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { formatRefsDocument } from '../../history/index.ts'
import { createToken } from '../../nix-server/index.ts'
import { httpBackend, openRemote, openStore, type Remote, type Roots, type Store } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type TestServer, testServer } from './http-server.ts'

const test = suite('nix-server: with the client')

const { bytes: randomBytes } = random()

let server: TestServer

test.before(async () => {
  server = await testServer()
})

test.after(() => server.close())

function remote(token?: string): Remote {
  return openRemote(httpBackend({ url: server.url, token }), { cacheFolder: temporaryFolder('cache') })
}

function writing(): Remote {
  return remote(createToken(server.data, 'write', '').token)
}

async function filledStore(bytes: number): Promise<{ store: Store; roots: Roots }> {
  const store = openStore(temporaryFolder('store'))
  const writer = store.writer()
  const blob = writer.addBlob(Buffer.from(randomBytes(bytes)))
  const name = { name: 'content', mode: 0o644, target: '', shared: false, rewritten: false }
  const entries = [{ ...name, ...blob, kind: 'file' as const }]
  const tree = writer.addTree({ entries, files: 1, bytes: blob.size, count: 1 })
  await writer.finish()
  return { store, roots: { trees: [tree], blobs: [] } }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  )
  return isZagiError(error) ? error.code : String(error)
}

test('what one client uploads and publishes another downloads', async () => {
  const { store, roots } = await filledStore(3_000_000)
  const ids = store.reachable(roots)
  const client = writing()
  assert.is((await client.missing(ids)).length, ids.size)
  const sent = await client.upload(store, ids)
  assert.is(sent.chunks, ids.size)
  assert.equal(await client.missing(ids), [])
  assert.is((await client.upload(store, ids)).bytes, 0)
  const id = await client.publish('demo/app', roots, store)

  const reader = remote()
  const other = openStore(temporaryFolder('store'))
  const holdings = await reader.holdings('demo/app', id)
  assert.is((await reader.download(other, holdings)).chunks, ids.size)
  assert.equal([...other.reachable(roots)].sort(), [...ids].sort())
})

test('errors keep their codes on the way', async () => {
  const { store, roots } = await filledStore(1000)
  const ids = store.reachable(roots)
  assert.is(await codeOf(remote().upload(store, ids)), 'AUTH_MISSING')
  assert.is(await codeOf(remote('zagi_w_wrong').upload(store, ids)), 'AUTH_DENIED')
  const reading = remote(createToken(server.data, 'read', '').token)
  assert.is(await codeOf(reading.upload(store, ids)), 'AUTH_DENIED')
  assert.is(await codeOf(writing().publish('demo/app', roots, store)), 'CHUNK_MISSING')
  assert.is(await codeOf(remote().holdings('demo/app', '0'.repeat(64))), 'KEY_NOT_FOUND')
  assert.is(await remote().backend.getVersioned('repos/no/such/refs'), undefined)
})

test('the refs document by compare-and-swap', async () => {
  const { backend } = writing()
  const key = 'repos/demo/swap/refs'
  const document = (head: string) => formatRefsDocument({ version: 1, head, refs: {}, packs: [] })
  const first = await backend.replace(key, document('refs/heads/main'), undefined)
  assert.is(await codeOf(backend.replace(key, document('refs/heads/other'), undefined)), 'REF_MOVED')
  const second = await backend.replace(key, document('refs/heads/other'), first)
  assert.is(await codeOf(backend.replace(key, document('refs/heads/main'), first)), 'REF_MOVED')
  const now = await backend.getVersioned(key)
  assert.is(now?.version, second)
  assert.equal(Buffer.from(now!.bytes), Buffer.from(document('refs/heads/other')))
})

test('keys are listed', async () => {
  const keys: string[] = []
  for await (const { key } of remote().backend.list('repos/demo/swap/')) keys.push(key)
  assert.equal(keys, ['repos/demo/swap/refs'])
})
