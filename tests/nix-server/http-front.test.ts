import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { memoryBackend } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { errorCode, sendRaw, withServer } from './http-server.ts'

const test = suite('nix-server: front')

const program = `#!/bin/sh\n${'echo zagi\n'.repeat(500)}`

function binaries(): string {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'zagi-linux-x64'), program)
  return folder
}

test('who asks for HTML gets a page, everybody else the installer', async () => {
  await withServer({ storage: memoryBackend(), binaries: binaries() }, async ({ url }) => {
    const get = async (headers: Record<string, string>) => (await fetch(url, { headers })).text()
    assert.match(await get({ accept: '*/*', 'user-agent': 'curl/7.88.1' }), /^#!\/bin\/sh\n/)
    assert.match(await get({ accept: '*/*', 'user-agent': 'Wget/1.21' }), /^#!\/bin\/sh\n/)
    assert.match(await get({ accept: 'application/json' }), /^#!\/bin\/sh\n/)
    const page = await get({ accept: 'text/html,*/*;q=0.8', 'user-agent': 'Mozilla/5.0' })
    assert.match(page, /^<!doctype html>/)
    assert.ok(page.includes(`curl -sf ${url} | sh\nzagi clone OWNER/NAME`))
  })
})

test('the scripts carry the URL that the client used, or the configured one', async () => {
  const storage = memoryBackend()
  await withServer({ storage }, async (server) => {
    const answer = await sendRaw(server, 'GET / HTTP/1.1\r\nHost: zagi.example:8080\r\nConnection: close\r\n\r\n')
    assert.ok(answer.includes("url='http://zagi.example:8080'\n"))
  })
  await withServer({ storage, publicUrl: 'https://zagi.example/base/' }, async ({ url }) => {
    assert.ok((await (await fetch(`${url}/uninstall`)).text()).includes("url='https://zagi.example/base'\n"))
  })
})

test('a Host header that is no host never reaches a script', async () => {
  await withServer({ storage: memoryBackend() }, async (server) => {
    for (const host of ["a'; rm -rf ~;'", 'a b', '$(id)', 'a`id`', '<script>', 'a"b', 'a\\b', 'x'.repeat(300)]) {
      const answer = await sendRaw(server, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1.1 400 /, host)
      assert.not.match(answer, /#!\/bin\/sh/)
    }
  })
})

test('a public URL that could not stand in a script is refused at the start', async () => {
  for (const publicUrl of ["https://a'b", 'ftp://a', 'https://a/$(id)', 'https://a b', 'nonsense']) {
    let message = ''
    await withServer({ storage: memoryBackend(), publicUrl }, async () => {}).catch((error) => {
      message = error.message
    })
    assert.match(message, /is not a URL that clients could use/)
  }
})

test('binaries are served compressed, with their checksum, ranges and ETag', async () => {
  await withServer({ storage: memoryBackend(), binaries: binaries() }, async ({ url }) => {
    const whole = await fetch(`${url}/bin/zagi-linux-x64.gz`)
    const bytes = Buffer.from(await whole.arrayBuffer())
    assert.is(gunzipSync(bytes).toString(), program)
    const sum = await (await fetch(`${url}/bin/zagi-linux-x64.gz.sha256`)).text()
    assert.is(sum, `${createHash('sha256').update(bytes).digest('hex')}  zagi-linux-x64.gz\n`)
    const part = await fetch(`${url}/bin/zagi-linux-x64.gz`, { headers: { range: 'bytes=10-' } })
    assert.is(part.status, 206)
    assert.equal(Buffer.from(await part.arrayBuffer()), bytes.subarray(10))
    const etag = whole.headers.get('etag')!
    const same = await fetch(`${url}/bin/zagi-linux-x64.gz`, { headers: { 'if-none-match': etag } })
    assert.is(same.status, 304)
  })
})

test('a compressed binary goes before a plain one, and a new one is served at once', async () => {
  const folder = binaries()
  await withServer({ storage: memoryBackend(), binaries: folder }, async ({ url }) => {
    const sum = async () => (await (await fetch(`${url}/bin/zagi-linux-x64.gz.sha256`)).text()).slice(0, 64)
    const first = await sum()
    writeFileSync(join(folder, 'zagi-linux-x64.gz'), 'new')
    assert.is(await sum(), createHash('sha256').update('new').digest('hex'))
    assert.is.not(await sum(), first)
  })
})

test('a binary that is not there, or a name that is none, is 404', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url }) => {
    for (const name of [
      'zagi-linux-x64.gz',
      'zagi-plan9-mips.gz',
      'zagi-linux-x64',
      'tokens.json',
      '..%2ftokens.json',
    ]) {
      const response = await fetch(`${url}/bin/${name}`)
      assert.is(response.status, 404, name)
      assert.is(await errorCode(response), 'KEY_NOT_FOUND')
    }
  })
})

test('health, readiness, unknown paths and methods', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url }) => {
    assert.equal(await (await fetch(`${url}/health`)).json(), { status: 'ok' })
    assert.equal(await (await fetch(`${url}/ready`)).json(), { status: 'ready' })
    assert.is((await fetch(`${url}/nothing/here`)).status, 404)
    const wrong = await fetch(`${url}/health`, { method: 'POST', body: 'x' })
    assert.is(wrong.status, 405)
    assert.is(wrong.headers.get('allow'), 'GET, HEAD')
    const head = await fetch(`${url}/health`, { method: 'HEAD' })
    assert.is(head.status, 200)
    assert.is(await head.text(), '')
  })
})

test('a server whose storage does not answer is alive but not ready', async () => {
  const storage = { ...memoryBackend(), head: () => Promise.reject(new Error('secret-host refused')) }
  await withServer({ storage }, async ({ url }) => {
    assert.is((await fetch(`${url}/health`)).status, 200)
    const ready = await fetch(`${url}/ready`)
    assert.is(ready.status, 503)
    assert.not.match(await ready.text(), /secret-host/)
  })
})
