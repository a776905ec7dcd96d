import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { createToken } from '../../nix-server/index.ts'
import { type Backend, memoryBackend } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rawSocket, sendRaw, type TestServer, testServer, withServer } from './http-server.ts'

const test = suite('nix-server: limits')

const packPath = `/v1/objects/packs/ab/${'ab'.repeat(32)}.pack`

function head(server: TestServer, lines: string[]): string {
  const { token } = createToken(server.data, 'write', '')
  return [...lines, 'Host: x', `Authorization: Bearer ${token}`, '', ''].join('\r\n')
}

/** Files of bodies on their way. */
function temporaryFiles({ data }: TestServer): string[] {
  const folder = join(data, 'temporary')
  return readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)))
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`In vain waited until ${what}`)
}

test('a body that is declared too large is refused before it is sent', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    const lines = [`PUT ${packPath} HTTP/1.1`, 'Content-Length: 83886081', 'Expect: 100-continue']
    const answer = await sendRaw(server, head(server, lines))
    assert.match(answer, /^HTTP\/1.1 413 /)
    assert.match(answer, /"code":"TOO_LARGE"/)
    assert.not.match(answer, /100 Continue/)
  })
})

test('a body without a declared length is cut off at the limit', async () => {
  await withServer({ storage: memoryBackend(), limits: { packBytes: 1000 } }, async (server) => {
    const { token } = createToken(server.data, 'write', '')
    const answer = await fetch(server.url + packPath, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: new Blob([new Uint8Array(5000)]).stream(),
      duplex: 'half',
    } as RequestInit)
    assert.is(answer.status, 413)
    assert.equal(temporaryFiles(server), [])
  })
})

test('small bodies have small limits', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url, data }) => {
    const { token } = createToken(data, 'write', '')
    const sizes: [string, number][] = [
      ['/v1/chunks/missing', 13 << 20],
      ['/v1/tools/resolve', 65 << 10],
      ['/v1/repos/demo/app/manifests', 5 << 20],
    ]
    for (const [path, size] of sizes) {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(url + path, { method: 'POST', body: new Uint8Array(size), headers })
      assert.is(answer.status, 413, path)
    }
  })
})

test('leave to send is given only when all else is in order', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    const expecting = [`PUT ${packPath} HTTP/1.1`, 'Content-Length: 3', 'Expect: 100-continue', 'Connection: close']
    const allowed = await sendRaw(server, head(server, expecting), 'abc')
    assert.match(allowed, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 422 /)
    const refused = await sendRaw(server, [...expecting, 'Host: x', '', ''].join('\r\n'))
    assert.match(refused, /^HTTP\/1.1 401 /)
  })
})

test('encoded bodies are not unpacked', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url }) => {
    const headers = { 'content-encoding': 'gzip' }
    const answer = await fetch(`${url}/v1/chunks/missing`, { method: 'POST', body: 'x', headers })
    assert.is(answer.status, 415)
  })
})

test('a head that does not end is timed out', async () => {
  await withServer({ storage: memoryBackend(), limits: { headMs: 100 } }, async (server) => {
    const socket = rawSocket(server)
    const dribble = setInterval(() => socket.write('X'), 20)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Long: ')
    let got = ''
    for await (const piece of socket) got += piece
    clearInterval(dribble)
    assert.match(got, /^HTTP\/1.1 408 /)
  })
})

test('a connection that stands still in the middle of a body is closed, and its file goes', async () => {
  await withServer({ storage: memoryBackend(), limits: { idleMs: 200 } }, async (server) => {
    const lines = [`PUT ${packPath} HTTP/1.1`, 'Content-Length: 1000']
    await sendRaw(server, head(server, lines), 'only this')
    await until('the file is gone', () => temporaryFiles(server).length === 0)
    await until('the request is logged', () => server.log.some(({ event }) => event === 'request'))
  })
})

test('a connection is not idle while the server works on the answer', async () => {
  const slow = memoryBackend()
  const head = async (key: string) => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    return slow.head(key)
  }
  await withServer({ storage: { ...slow, head }, limits: { idleMs: 100 } }, async ({ url }) => {
    assert.is((await fetch(`${url}/ready`)).status, 200)
  })
})

test('a body that is cut short leaves nothing', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    const socket = rawSocket(server)
    socket.on('error', () => {})
    socket.write(head(server, [`PUT ${packPath} HTTP/1.1`, 'Content-Length: 1000']))
    socket.write('half')
    await until('the body arrives', () => temporaryFiles(server).length === 1)
    socket.destroy()
    await until('the file is gone', () => temporaryFiles(server).length === 0)
    await until('it is logged', () => server.log.some(({ cut }) => cut === true))
    assert.is((await fetch(`${server.url}/health`)).status, 200)
  })
})

test('heads that are too large, and what is not HTTP, are refused', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    const large = await sendRaw(server, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    assert.match(large, /^HTTP\/1.1 431 /)
    assert.match(await sendRaw(server, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400 /)
    const smuggled =
      'POST /v1/chunks/missing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'
    assert.match(await sendRaw(server, smuggled, '0\r\n\r\n'), /^HTTP\/1.1 400 /)
  })
})

test('no path leads out of the storage', async () => {
  await withServer({}, async (server) => {
    createToken(server.data, 'read', '')
    const paths = [
      '/v1/objects/../tokens.json',
      '/v1/objects/../../tokens.json',
      '/v1/objects/packs/../../tokens.json',
      '/v1/objects/packs/%2e%2e/%2e%2e/tokens.json',
      '/v1/objects/packs/..%2f..%2ftokens.json',
      '/v1/objects/packs\\..\\..\\tokens.json',
      '/v1/objects//etc/passwd',
      '/v1/objects?prefix=../',
      '/v1/objects?prefix=repos/../../',
      '/v1/objects?prefix=/',
      '/../tokens.json',
      '/bin/../tokens.json',
      '/demo/app.git/../../tokens.json',
      '/demo/app.git/objects/pack/../../../../../tokens.json',
      '/../data.git/HEAD',
      'http://elsewhere/v1/objects/../tokens.json',
    ]
    for (const path of paths) {
      const answer = await sendRaw(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1.1 40[04] /, path)
      assert.not.match(answer, /"hash"|root:/)
    }
  })
})

test('one connection serves many requests, and more than the limit are refused', async () => {
  await withServer({ storage: memoryBackend(), limits: { connections: 2 } }, async (server) => {
    const get = (close: boolean) => `GET /health HTTP/1.1\r\nHost: x\r\n${close ? 'Connection: close\r\n' : ''}\r\n`
    const answers = await sendRaw(server, get(false), get(false), get(true))
    assert.is(answers.match(/HTTP\/1.1 200 /g)?.length, 3)
    const held = [rawSocket(server), rawSocket(server)]
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    const refused = await sendRaw(server, get(true)).catch(() => '')
    assert.is(refused, '')
    for (const socket of held) socket.destroy()
  })
})

/** A storage whose listing of repositories waits until it is let go. */
function slowStorage(): { storage: Backend; started: Promise<void>; go: () => void } {
  let go = () => {}
  let start = () => {}
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  const list: Backend['list'] = async function* (prefix) {
    if (prefix !== 'repos/') return
    start()
    await gate
    yield { key: 'repos/x', size: 1 }
  }
  return { storage: { ...memoryBackend(), list }, started, go }
}

test('a stopping server finishes what it began, takes nothing new and leaves no files', async () => {
  const { storage, started, go } = slowStorage()
  const server = await testServer({ storage })
  const answer = fetch(`${server.url}/v1/objects?prefix=repos/`)
  await started
  const closed = server.close()
  const late = await new Promise<string>((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve('connected'))
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''))
  })
  assert.is(late, 'ECONNREFUSED')
  go()
  assert.is(await (await answer).text(), '{"key":"repos/x","size":1}\n')
  await closed
  assert.equal(readdirSync(join(server.data, 'temporary')), [])
  assert.is(server.log.at(-1)?.['event'], 'stop')
})

test('a stopping server does not wait for ever', async () => {
  const { storage, started, go } = slowStorage()
  const server = await testServer({ storage, limits: { stopMs: 100 } })
  const answer = fetch(`${server.url}/v1/objects?prefix=repos/`).then(
    (response) => response.text(),
    (error) => error,
  )
  await started
  const closed = server.close()
  setTimeout(go, 300)
  await closed
  assert.instance(await answer, Error)
})

test('what a killed server left in its temporary folder goes after a day', async () => {
  const data = temporaryFolder()
  const { utimesSync, mkdirSync } = await import('node:fs')
  const old = join(data, 'temporary', '.tmp-server-old')
  mkdirSync(old, { recursive: true })
  writeFileSync(join(old, 'body'), 'x')
  utimesSync(old, 1, 1)
  const young = join(data, 'temporary', '.tmp-server-young')
  mkdirSync(young)
  await withServer({ data, storage: memoryBackend() }, async () => {
    assert.not.ok(existsSync(old))
    assert.ok(existsSync(young))
  })
})

test('an address that is taken is an error that says so', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    const second = await testServer({ port: server.port, storage: memoryBackend() }).catch((error) => error)
    assert.match(second.message, /another program listens there/)
  })
})

test('what goes wrong inside is told to the log, not to the client', async () => {
  const storage = { ...memoryBackend(), head: () => Promise.reject(new Error('/srv/secret/path broke')) }
  await withServer({ storage }, async (server) => {
    const answer = await fetch(server.url + packPath)
    assert.is(answer.status, 500)
    const text = await answer.text()
    assert.not.match(text, /secret/)
    assert.match(text, /"code":"SERVER_FAILED"/)
    assert.match(JSON.stringify(server.log), /secret\/path broke/)
  })
})

test('the data folder is private', async () => {
  const data = join(temporaryFolder(), 'new')
  await withServer({ data, storage: memoryBackend() }, async () => {
    const { statSync } = await import('node:fs')
    assert.is(statSync(data).mode & 0o777, 0o700)
    assert.is(statSync(join(data, 'temporary')).mode & 0o777, 0o700)
    assert.not.ok(existsSync(join(data, 'tokens.json')) && readFileSync(join(data, 'tokens.json')).length > 0)
  })
})
