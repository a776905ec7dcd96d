import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { formatRefsDocument, parseRefsDocument, type RefsDocument } from '../../history/index.ts'
import { createToken } from '../../nix-server/index.ts'
import { memoryBackend } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { errorCode, type TestServer, testServer, withServer } from './http-server.ts'

const test = suite('nix-server: git')

const run = promisify(execFile)

function git(folder: string, ...words: string[]): string {
  const quiet = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', PATH: process.env['PATH'] }
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main']
  return execFileSync('git', [...who, ...words], { cwd: folder, env: quiet, encoding: 'utf8' }).trim()
}

interface SourcePack {
  name: string
  pack: Buffer
  index: Buffer
  document: RefsDocument
}

/** A repository by the real git, and everything in it as one pack with deltas in it. */
function source(words = 'line'): SourcePack & { folder: string; commit: string } {
  const folder = temporaryFolder('source')
  git(folder, 'init', '-q')
  for (let i = 0; i < 5; i++) {
    writeFileSync(join(folder, 'file'), `${`${words}\n`.repeat(500)}${i}`)
    git(folder, 'add', '.')
    git(folder, 'commit', '-qm', `change ${i}`)
  }
  return { folder, commit: git(folder, 'rev-parse', 'HEAD'), ...packed(folder) }
}

function packed(folder: string): SourcePack {
  git(folder, 'repack', '-adfq')
  const packs = join(folder, '.git/objects/pack')
  const name = readdirSync(packs)
    .find((file) => file.endsWith('.pack'))!
    .replace('.pack', '')
  const pack = readFileSync(join(packs, `${name}.pack`))
  const document: RefsDocument = {
    version: 1,
    head: 'refs/heads/main',
    refs: { 'refs/heads/main': git(folder, 'rev-parse', 'HEAD') },
    packs: [{ name, size: pack.length, objects: pack.readUInt32BE(8) }],
  }
  return { name, pack, index: readFileSync(join(packs, `${name}.idx`)), document }
}

interface PutOptions {
  token?: string
  headers?: Record<string, string>
}

let server: TestServer
let token: string

function put(key: string, body: Uint8Array, { headers, ...options }: PutOptions = {}): Promise<Response> {
  const authorization = `Bearer ${options.token ?? token}`
  return fetch(`${server.url}/v1/objects/${key}`, {
    method: 'PUT',
    body: body as Uint8Array<ArrayBuffer>,
    headers: { authorization, ...headers },
  })
}

function putRefs(repository: string, document: RefsDocument, version?: string): Promise<Response> {
  const headers: Record<string, string> = version === undefined ? { 'if-none-match': '*' } : { 'if-match': version }
  return put(`repos/${repository}/refs`, formatRefsDocument(document), { headers })
}

async function push(repository: string, from: SourcePack): Promise<void> {
  const sent = await put(`repos/${repository}/objects/pack/${from.name}.pack`, from.pack)
  assert.is(sent.status, 201, await sent.text())
  assert.is((await putRefs(repository, from.document)).status, 200)
}

test.before(async () => {
  server = await testServer()
  token = createToken(server.data, 'write', 'test').token
})

test.after(() => server.close())

test('plain git clones and fetches', async () => {
  const from = source()
  await push('demo/my-app', from)
  const target = join(temporaryFolder(), 'clone')
  await run('git', ['clone', '-q', `${server.url}/demo/my-app.git`, target])
  assert.is(git(target, 'rev-parse', 'HEAD'), from.commit)
  assert.is(git(target, 'symbolic-ref', 'HEAD'), 'refs/heads/main')
  git(target, 'fsck', '--strict')
  assert.is(readFileSync(join(target, 'file'), 'utf8'), readFileSync(join(from.folder, 'file'), 'utf8'))

  git(from.folder, 'commit', '-q', '--allow-empty', '-m', 'one more')
  git(from.folder, 'tag', '-am', 'a tag', 'v1')
  const next = packed(from.folder)
  const refs = { ...next.document.refs, 'refs/tags/v1': git(from.folder, 'rev-parse', 'v1') }
  const document = { ...next.document, refs, packs: [...from.document.packs, ...next.document.packs] }
  await put(`repos/demo/my-app/objects/pack/${next.name}.pack`, next.pack)
  const version = (await fetch(`${server.url}/v1/objects/repos/demo/my-app/refs`)).headers.get('etag')!
  assert.is((await putRefs('demo/my-app', document, version)).status, 200)
  await run('git', ['-C', target, 'pull', '-q', '--tags'])
  assert.is(git(target, 'rev-parse', 'HEAD'), git(from.folder, 'rev-parse', 'HEAD'))
  assert.is(git(target, 'rev-parse', 'v1^{commit}'), git(from.folder, 'rev-parse', 'HEAD'))
})

test('a private server asks git for a token and takes it as the password', async () => {
  await withServer({ private: true, storage: memoryBackend() }, async (closed) => {
    const write = createToken(closed.data, 'write', '').token
    const read = createToken(closed.data, 'read', '').token
    const from = source()
    const send = (key: string, body: Uint8Array, headers: Record<string, string> = {}) =>
      fetch(`${closed.url}/v1/objects/repos/a/b/${key}`, {
        method: 'PUT',
        body: body as Uint8Array<ArrayBuffer>,
        headers: { authorization: `Bearer ${write}`, ...headers },
      })
    await send(`objects/pack/${from.name}.pack`, from.pack)
    await send('refs', formatRefsDocument(from.document), { 'if-none-match': '*' })
    const target = join(temporaryFolder(), 'clone')
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0' }
    const refused = await run('git', ['clone', '-q', `${closed.url}/a/b.git`, target], { env }).catch((error) => error)
    assert.match(refused.stderr, /could not read Username/)
    await run('git', ['clone', '-q', `http://x:${read}@127.0.0.1:${closed.port}/a/b.git`, target], { env })
    assert.is(git(target, 'rev-parse', 'HEAD'), from.commit)
  })
})

test('the idx is made by the server and is what git makes', async () => {
  const from = source()
  const key = `repos/demo/index/objects/pack/${from.name}`
  assert.is((await put(`${key}.idx`, from.index)).status, 404)
  assert.equal(await (await put(`${key}.pack`, from.pack)).json(), { stored: true })
  assert.equal(await (await put(`${key}.idx`, Buffer.from('hostile'))).json(), { stored: false })
  const served = Buffer.from(await (await fetch(`${server.url}/v1/objects/${key}.idx`)).arrayBuffer())
  assert.equal(served, from.index)
  assert.equal(await (await put(`${key}.pack`, from.pack)).json(), { stored: false })
})

test('an idx that a killed server did not come to is made up for', async () => {
  const storage = memoryBackend()
  const from = source()
  const key = `repos/demo/killed/objects/pack/${from.name}`
  await storage.put(`${key}.pack`, from.pack)
  await withServer({ storage }, async (other) => {
    const { token: write } = createToken(other.data, 'write', '')
    const headers = { authorization: `Bearer ${write}` }
    const answer = await fetch(`${other.url}/v1/objects/${key}.idx`, { method: 'PUT', body: 'x', headers })
    assert.equal(await answer.json(), { stored: true })
    assert.equal(Buffer.from(await storage.get(`${key}.idx`)), from.index)
  })
})

test('a pack that is damaged, cut short or misnamed is refused', async () => {
  const { name, pack } = source()
  const key = (of: string) => `repos/demo/bad/objects/pack/${of}.pack`
  const flipped = Buffer.from(pack)
  flipped[60]! ^= 1
  for (const [as, body] of [
    [name, flipped],
    [name, pack.subarray(0, -1)],
    [name, Buffer.alloc(0)],
    [name, Buffer.from('not a pack at all, but long enough to be one')],
    [`pack-${'0'.repeat(40)}`, pack],
  ] as const) {
    const answer = await put(key(as), body)
    assert.is(answer.status, 422)
    assert.is(await errorCode(answer), 'GIT_OBJECT_CORRUPT')
    assert.is((await fetch(`${server.url}/v1/objects/${key(as)}`)).status, 404)
  }
})

test('of two clients that replace the same refs, one loses', async () => {
  const from = source()
  await push('demo/race', from)
  const url = `${server.url}/v1/objects/repos/demo/race/refs`
  const version = (await fetch(url)).headers.get('etag')!
  const branch = (name: string): RefsDocument => ({
    ...from.document,
    refs: { ...from.document.refs, [`refs/heads/${name}`]: from.commit },
  })
  const answers = await Promise.all(['a', 'b'].map((name) => putRefs('demo/race', branch(name), version)))
  assert.equal(answers.map(({ status }) => status).sort(), [200, 412])
  const winner = answers.find(({ status }) => status === 200)!
  const loser = answers.find(({ status }) => status === 412)!
  assert.is(await errorCode(loser), 'REF_MOVED')
  const now = await fetch(url)
  assert.is(now.headers.get('etag'), winner.headers.get('etag'))
  assert.is(Object.keys(parseRefsDocument(Buffer.from(await now.arrayBuffer())).refs).length, 2)
  assert.is((await putRefs('demo/race', from.document)).status, 412)
})

test('refs without a condition, or with a nonsensical one, are refused', async () => {
  const from = source()
  await push('demo/blind', from)
  const document = formatRefsDocument(from.document)
  for (const headers of [{}, { 'if-match': '*' }, { 'if-match': 'x' }, { 'if-match': '"a"', 'if-none-match': '*' }]) {
    assert.is(
      (await put('repos/demo/blind/refs', document, { headers: headers as Record<string, string> })).status,
      428,
    )
  }
  assert.is((await putRefs('demo/blind', from.document, '"no-such-version"')).status, 412)
})

test('refs that promise what is not there are refused', async () => {
  const from = source()
  await put(`repos/demo/promise/objects/pack/${from.name}.pack`, from.pack)
  const { document } = from
  const [pack] = document.packs as [(typeof document.packs)[0]]
  const bad: RefsDocument[] = [
    { ...document, refs: { 'refs/heads/main': '1'.repeat(40) } },
    { ...document, packs: [] },
    { ...document, packs: [pack, pack] },
    { ...document, packs: [{ ...pack, size: pack.size + 1 }] },
    { ...document, packs: [{ ...pack, objects: 1 }] },
    { ...document, packs: [pack, { ...pack, name: `pack-${'2'.repeat(40)}` }] },
  ]
  for (const one of bad) {
    const answer = await putRefs('demo/promise', one)
    assert.is(answer.status, 422)
    assert.is(await errorCode(answer), 'GIT_OBJECT_CORRUPT')
  }
  assert.is((await fetch(`${server.url}/v1/objects/repos/demo/promise/refs`)).status, 404)
})

test('a pack that the repository has cannot be dropped', async () => {
  const from = source()
  await push('demo/keep', from)
  const other = source('other')
  await put(`repos/demo/keep/objects/pack/${other.name}.pack`, other.pack)
  const version = (await fetch(`${server.url}/v1/objects/repos/demo/keep/refs`)).headers.get('etag')!
  assert.is((await putRefs('demo/keep', other.document, version)).status, 422)
})

test('a ref may go back to an older commit, which an older pack has', async () => {
  const from = source()
  await push('demo/back', from)
  const older = git(from.folder, 'rev-parse', 'HEAD~2')
  const url = `${server.url}/v1/objects/repos/demo/back/refs`
  const move = async (commit: string) => {
    const version = (await fetch(url)).headers.get('etag')!
    return (await putRefs('demo/back', { ...from.document, refs: { 'refs/heads/main': commit } }, version)).status
  }
  assert.is(await move(older), 200)
  assert.is(await move('3'.repeat(40)), 422)
})

test('a refs document that is none, or names refs that git would refuse, is refused', async () => {
  const { document } = source()
  const commit = document.refs['refs/heads/main']!
  const bodies: unknown[] = [
    '',
    '{}',
    { ...document, version: 2 },
    { ...document, head: 'main' },
    ...['main', 'refs/heads/..', 'refs/heads/a..b', 'refs/heads/a.lock', 'refs/heads/a b', 'refs/heads/../../x'].map(
      (name) => ({ ...document, refs: { [name]: commit } }),
    ),
    { ...document, refs: { 'refs/heads/main': '../../etc/passwd' } },
  ]
  for (const body of bodies) {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const answer = await put('repos/demo/none/refs', bytes, { headers: { 'if-none-match': '*' } })
    assert.is(answer.status, 422, JSON.stringify(body))
  }
})

test('a repository that does not exist, loose objects and odd names are 404 or 400', async () => {
  const from = source()
  await push('demo/odd', from)
  const status = async (path: string) => (await fetch(server.url + path)).status
  assert.is(await status('/no/such.git/info/refs'), 404)
  assert.is(await status('/demo/odd.git/info/refs'), 200)
  assert.is(await status('/demo/odd.git/info/refs?service=git-upload-pack'), 200)
  assert.is(await status(`/demo/odd.git/objects/${from.commit.slice(0, 2)}/${from.commit.slice(2)}`), 404)
  assert.is(await status('/demo/odd.git/objects/info/alternates'), 404)
  assert.is(await status('/demo/odd.git/config'), 404)
  assert.is(await status('/demo/odd.git/toString'), 404)
  assert.is(await status('/demo/%2e%2e.git/info/refs'), 400)
})
