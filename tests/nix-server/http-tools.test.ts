import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { decodeClosure } from '../../envs/index.ts'
import { createToken } from '../../nix-server/index.ts'
import { httpBackend, openRemote, openStore } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { errorCode, type TestServer, testServer } from './http-server.ts'
import { removeFromNix, writeTinyFlake } from './tool-service-fixture.ts'

const test = suite('nix-server: tools over HTTP', { seconds: 300 })

const system = 'linux-x64'
// Names that no earlier run has built.
const salt = random().seed.toString(36)

interface RealisedAnswer {
  path: string
  closure: { id: string; size: number; chunked: boolean }
  roots: unknown
  holdings: { packs: { id: string; frames: [number, number][] }[] }
  bin: string[]
}

type Event = Record<string, unknown> & { event: string; tool?: RealisedAnswer; error?: { code: string } }

let server: TestServer
let token: string
const made: string[] = []

test.before(async () => {
  const catalog = writeTinyFlake(join(temporaryFolder('flake'), 'tiny'), {
    hello: {
      '1.0': `mkdir -p $out/bin; echo "echo ${salt}" > $out/bin/hello; chmod +x $out/bin/hello`,
      '0.9': 'exit 1',
    },
    slow: { '1.0': `sleep 100; echo ${salt} > $out` },
  })
  server = await testServer({ catalog, environment: process.env, limits: { stopMs: 2000 } })
  token = createToken(server.data, 'write', '').token
})

test.after(async () => {
  await server.close()
  removeFromNix(made)
})

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}/v1/tools/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

async function realise(name: string, version: string): Promise<Event[]> {
  const answer = await post('realise', { name, version, system })
  assert.is(answer.status, 200)
  assert.is(answer.headers.get('content-type'), 'application/x-ndjson')
  const lines = (await answer.text()).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Event)
}

test('requests are resolved', async () => {
  const answer = await post('resolve', { tools: ['hello', 'hello@0.9'], system })
  assert.equal(await answer.json(), {
    tools: [
      { request: 'hello', name: 'hello', version: '1.0' },
      { request: 'hello@0.9', name: 'hello', version: '0.9' },
    ],
  })
  const unknown = await post('resolve', { tools: ['helo'], system })
  assert.is(unknown.status, 404)
  const { error } = (await unknown.json()) as { error: { code: string; hint: string } }
  assert.is(error.code, 'TOOL_UNKNOWN')
  assert.match(error.hint, /hello/)
  assert.is(await errorCode(await post('resolve', { tools: ['hello@7'], system })), 'VERSION_UNKNOWN')
})

test('tools are searched for', async () => {
  const answer = await fetch(`${server.url}/v1/tools/search?q=hel&system=${system}`)
  assert.equal(await answer.json(), { tools: [{ name: 'hello', versions: ['1.0', '0.9'], description: 'tiny hello' }] })
})

test('a tool is built, its chunks are in the storage, and a client can fetch them', async () => {
  const events = await realise('hello', '1.0')
  assert.ok(events.slice(0, -1).every(({ event }) => event === 'progress'))
  const { event, tool } = events.at(-1)!
  assert.is(event, 'done', JSON.stringify(events.at(-1)))
  made.push(`/nix/store/${tool!.path}`)
  assert.equal(tool!.bin, ['hello'])
  const store = openStore(temporaryFolder('store'))
  const remote = openRemote(httpBackend({ url: server.url }), { cacheFolder: temporaryFolder('cache') })
  await remote.download(store, tool!.holdings)
  const closure = decodeClosure(store.readBlob(tool!.closure))
  const main = closure.paths[closure.main]!
  assert.is(main.name, tool!.path)
  const bin = store.readTree(store.readTree(main.tree).entries.find(({ name }) => name === 'bin')!.id)
  assert.is(Buffer.from(store.readBlob(bin.entries[0]!)).toString(), `echo ${salt}\n`)
  store.close()
})

test('a build that fails ends the stream with the error', async () => {
  const events = await realise('hello', '0.9')
  assert.is(events.at(-1)!.event, 'error')
  assert.is(events.at(-1)!.error?.code, 'TOOL_FAILED')
  assert.is((await realise('hello', '7')).at(-1)!.error?.code, 'VERSION_UNKNOWN')
})

test('when the client goes away the build stops', async () => {
  const gone = new AbortController()
  const answer = await post('realise', { name: 'slow', version: '1.0', system }, gone.signal)
  const reader = answer.body!.getReader()
  const started = (async () => {
    for (let text = ''; !text.includes('uilding'); ) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`It ended with: ${text}`)
      text += Buffer.from(value).toString()
    }
  })()
  await started
  gone.abort()
  const logged = () => server.log.some(({ path, cut }) => path === '/v1/tools/realise' && cut === true)
  for (let i = 0; !logged(); i++) {
    assert.ok(i < 500, 'the request still runs')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
})

test('questions that are none are refused', async () => {
  for (const body of [null, [], {}, { tools: 'node', system }, { tools: [1], system }, { tools: [''], system }]) {
    assert.is((await post('resolve', body)).status, 400, JSON.stringify(body))
  }
  assert.is((await post('resolve', { tools: Array(101).fill('hello'), system })).status, 400)
  assert.is((await post('resolve', { tools: ['hello'], system: 'plan9-mips' })).status, 400)
  assert.is((await post('resolve', { tools: ['../hello; id'], system })).status, 400)
  assert.is((await post('realise', { name: 'hello', system })).status, 400)
  const answer = await fetch(`${server.url}/v1/tools/resolve`, { method: 'POST', body: 'no json' })
  assert.is(await errorCode(answer), 'USAGE')
  assert.is((await fetch(`${server.url}/v1/tools/search?q=${'x'.repeat(300)}&system=${system}`)).status, 400)
})
