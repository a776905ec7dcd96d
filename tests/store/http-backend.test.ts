import type { IncomingMessage, ServerResponse } from 'node:http'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { type Backend, httpBackend } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { gather } from './backend-contract.ts'
import { rejectsCode } from './damage.ts'
import { fakeServer } from './fake-server.ts'

const test = suite('store: HTTP backend against broken servers')

const key = 'packs/ab/x.pack'
const content = random(1).bytes(500_000)

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** Serves `content` with ranges, but the connection breaks after `most` bytes of each answer. */
const broken =
  (most: number): Answer =>
  (request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const start = Number(first ?? 0)
    const end = last ? Math.min(content.length, Number(last) + 1) : content.length
    const headers: Record<string, string | number> = { 'content-length': end - start }
    if (first !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${content.length}`
    response.writeHead(first === undefined ? 200 : 206, headers)
    if (end - start <= most) response.end(content.subarray(start, end))
    else response.write(content.subarray(start, start + most), () => setTimeout(() => response.destroy(), 20))
  }

const plain =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body)
  }

async function against(
  answers: Answer[],
  action: (backend: Backend, requests: string[]) => Promise<void>,
): Promise<void> {
  const server = await fakeServer(...answers)
  try {
    await action(httpBackend({ url: server.url, token: 'zagi_w_secret' }), server.requests)
  } finally {
    await server.close()
  }
}

test('a download that breaks is taken up where it broke', async () => {
  await against([broken(200_000)], async (backend, requests) => {
    assert.ok(content.equals(await backend.get(key)))
    assert.is(requests.length, 3)
    assert.match(requests[1]!, / bytes=\d{2,6}-499999$/)
  })
  await against([broken(100_000)], async (backend, requests) => {
    const read = await gather(backend.stream(key, { start: 1000, length: 250_000 }))
    assert.ok(content.subarray(1000, 251_000).equals(read))
    assert.is(requests[0], `GET /v1/objects/${key} bytes=1000-250999`)
    assert.is(requests.length, 3)
  })
})

test('a download that always breaks at once fails, and says how far it came', async () => {
  await against([broken(100_000), broken(0)], async (backend) => {
    const error = await rejectsCode(backend.get(key), ['DOWNLOAD_CUT'])
    assert.match(error.message, /after 100000 bytes/)
  })
})

test('a busy server is asked again', async () => {
  await against(
    [plain(503, '', { 'retry-after': '0' }), plain(502), plain(200, 'hello')],
    async (backend, requests) => {
      assert.is(Buffer.from(await backend.get(key)).toString(), 'hello')
      assert.is(requests.length, 3)
    },
  )
})

test('no server at all is said so soon', async () => {
  const server = await fakeServer(plain(200))
  await server.close()
  const backend = httpBackend({ url: server.url })
  const actions = [
    () => backend.get(key),
    () => backend.head(key),
    () => backend.put(key, content),
    () => backend.getVersioned('a'),
  ]
  for (const action of actions) {
    const error = await rejectsCode(action(), ['SERVER_UNREACHABLE'])
    assert.match(error.message, new RegExp(server.url))
  }
})

test('a proxy is used where the environment names one, but not for this machine', async () => {
  const proxy = await fakeServer(plain(200, 'by proxy'))
  const server = await fakeServer(plain(200, 'direct'))
  process.env['http_proxy'] = proxy.url
  try {
    const read = async (url: string) => Buffer.from(await httpBackend({ url }).get(key)).toString()
    assert.is(await read('http://zagi.invalid:8080'), 'by proxy')
    assert.equal(proxy.requests, [`GET http://zagi.invalid:8080/v1/objects/${key}`])
    assert.is(await read(server.url), 'direct')
  } finally {
    delete process.env['http_proxy']
    await proxy.close()
    await server.close()
  }
})

test('what a server says of an error becomes that error, without tricks', async () => {
  const body = (code: string, message: string, hint?: string) => JSON.stringify({ error: { code, message, hint } })
  const cases: [Answer, string, RegExp][] = [
    [plain(401, body('AUTH_MISSING', 'Pushing needs a token', 'Make one')), 'AUTH_MISSING', /^Pushing needs a token$/],
    [plain(403, body('AUTH_DENIED', 'no \u001b[31mred\r\nlines')), 'AUTH_DENIED', /^no {2}\[31mred {2}lines$/],
    [plain(413, body('SO_MUCH', 'x')), 'TOO_LARGE', /413/],
    [plain(401, '<html>'), 'AUTH_MISSING', /401/],
    [plain(409, body('CHUNK_MISSING', 'chunks are missing')), 'CHUNK_MISSING', /chunks are missing/],
    [plain(302, '', { location: 'http://elsewhere' }), 'BAD_ANSWER', /302/],
    [plain(418), 'BAD_ANSWER', /418/],
  ]
  for (const [answer, code, message] of cases) {
    await against([answer], async (backend, requests) => {
      try {
        await backend.put(key, Buffer.from('x'))
        assert.unreachable()
      } catch (error) {
        if (!isZagiError(error)) throw error
        assert.is(error.code, code)
        assert.match(error.message, message)
      }
      assert.is(requests.length, 1)
    })
  }
})

test('answers that do not fit the question are refused', async () => {
  const range = { start: 10, length: 5 }
  const cases: Answer[] = [
    plain(206, 'hello', { 'content-range': 'bytes 11-15/500000' }),
    plain(206, 'hello', { 'content-range': 'none' }),
    plain(206, 'hello'),
    plain(206, 'hello world', { 'content-range': 'bytes 10-20/500000' }),
    plain(200, content),
  ]
  for (const answer of cases) {
    await against([answer], async (backend) => {
      await rejectsCode(backend.get(key, range), ['BAD_ANSWER'])
    })
  }
  await against([plain(200, 'no json\n')], async (backend) => {
    await rejectsCode(gatherKeys(backend), ['BAD_ANSWER'])
  })
  await against([plain(200, '{"key":"other/x","size":1}\n')], async (backend) => {
    await rejectsCode(gatherKeys(backend), ['BAD_ANSWER'])
  })
  await against([plain(200, '{"key":"packs/../x","size":1}\n')], async (backend) => {
    await rejectsCode(gatherKeys(backend), ['BAD_NAME'])
  })
  await against([plain(200, 'refs')], async (backend) => {
    await rejectsCode(backend.getVersioned('repos/a/b/refs'), ['BAD_ANSWER'])
  })
  await against([plain(200, 'x')], async (backend) => {
    await rejectsCode(backend.chunks!.missing(Buffer.alloc(12 * 9)), ['BAD_ANSWER'])
    await rejectsCode(backend.chunks!.publish('a/b', { trees: [], blobs: [] }), ['BAD_ANSWER'])
    await rejectsCode(backend.chunks!.publish('../b', { trees: [], blobs: [] }), ['BAD_NAME'])
  })
})

/** A refs document that loses its answer to the first swap, after or before doing it. */
function losesAnswer(doesIt: boolean): { answer: Answer; now(): string } {
  let now = 'old'
  let version = 1
  let lost = false
  const answer: Answer = (request, response, body) => {
    if (request.method === 'GET') return plain(200, now, { etag: `"${version}"` })(request, response, body)
    const isFirst = !lost
    lost = true
    if (isFirst && !doesIt) return request.socket.destroy()
    if (request.headers['if-match'] !== `"${version}"`) return plain(412)(request, response, body)
    now = body.toString()
    version++
    if (isFirst) return request.socket.destroy()
    return plain(200, '{}', { etag: `"${version}"` })(request, response, body)
  }
  return { answer, now: () => now }
}

test('a swap whose answer got lost is settled by looking', async () => {
  for (const doesIt of [true, false]) {
    const { answer, now } = losesAnswer(doesIt)
    await against([answer], async (backend) => {
      assert.is(await backend.replace('repos/a/b/refs', Buffer.from('new'), '1'), '2')
      assert.is(now(), 'new')
      await rejectsCode(backend.replace('repos/a/b/refs', Buffer.from('newer'), '1'), ['REF_MOVED'])
    })
  }
})

test('a stopped download stops', async () => {
  const stop = new AbortController()
  const slow: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('x'.repeat(10))
  }
  await against([slow], async (backend) => {
    const read = (async () => {
      for await (const _ of backend.stream(key, { signal: stop.signal })) stop.abort()
    })()
    await rejectsCode(read, ['INTERRUPTED'])
  })
})

test('the token goes to the server and nowhere else', async () => {
  let seen: string | undefined
  const answer: Answer = (request, response, body) => {
    seen = request.headers.authorization
    plain(418)(request, response, body)
  }
  await against([answer], async (backend) => {
    const error = await rejectsCode(backend.get(key), ['BAD_ANSWER'])
    assert.is(seen, 'Bearer zagi_w_secret')
    assert.not.match(`${error.message} ${backend.address}`, /secret/)
  })
})

test('a document larger than any is not taken into memory', async () => {
  const endless: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': 2 ** 40 })
    const more = () => {
      while (response.write(content)) {}
    }
    response.on('drain', more)
    more()
  }
  await against([endless], async (backend) => {
    await rejectsCode(backend.get(key), ['TOO_LARGE'])
  })
})

async function gatherKeys(backend: Backend): Promise<number> {
  let count = 0
  for await (const _ of backend.list('packs/')) count++
  return count
}
