import * as assert from 'uvu/assert'
import { createToken, revokeToken } from '../../nix-server/index.ts'
import { memoryBackend } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { errorCode, withServer } from './http-server.ts'

const test = suite('nix-server: who may do what')

const id = 'ab'.repeat(32)
const writes: [method: string, path: string][] = [
  ['PUT', `/v1/objects/packs/ab/${id}.pack`],
  ['PUT', '/v1/objects/repos/demo/app/refs'],
  ['POST', '/v1/repos/demo/app/manifests'],
  ['POST', '/v1/tools/realise'],
]
const reads: [method: string, path: string][] = [
  ['GET', `/v1/objects/packs/ab/${id}.pack`],
  ['GET', '/v1/objects?prefix=packs/'],
  ['GET', '/v1/objects/repos/demo/app/refs'],
  ['POST', '/v1/chunks/missing'],
  ['POST', '/v1/tools/resolve'],
  ['GET', '/v1/tools/search?q=node'],
  ['GET', '/demo/app.git/info/refs'],
]
const open = ['/', '/uninstall', '/health', '/ready', '/bin/zagi-linux-x64.gz.sha256']

function ask(url: string, [method, path]: [string, string], authorization?: string): Promise<Response> {
  return fetch(url + path, { method, headers: authorization === undefined ? {} : { authorization } })
}

test('writing takes a token that may write', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url, data }) => {
    const read = createToken(data, 'read', '').token
    for (const write of writes) {
      const missing = await ask(url, write)
      assert.is(missing.status, 401, write.join(' '))
      assert.match(missing.headers.get('www-authenticate') ?? '', /Bearer/)
      assert.is(await errorCode(missing), 'AUTH_MISSING')
      const wrong = await ask(url, write, 'Bearer zagi_w_wrong')
      assert.is(wrong.status, 401)
      assert.is(await errorCode(wrong), 'AUTH_DENIED')
      const reading = await ask(url, write, `Bearer ${read}`)
      assert.is(reading.status, 403)
      assert.is(await errorCode(reading), 'AUTH_DENIED')
    }
  })
})

test('anybody reads, but not with a wrong token', async () => {
  await withServer({ storage: memoryBackend() }, async ({ url }) => {
    for (const read of reads) {
      assert.ok(![401, 403].includes((await ask(url, read)).status), read.join(' '))
      assert.is((await ask(url, read, 'Bearer zagi_r_wrong')).status, 401)
    }
  })
})

test('on a private server reading takes a token too; the front stays open', async () => {
  await withServer({ storage: memoryBackend(), private: true }, async ({ url, data }) => {
    const tokens = [createToken(data, 'read', '').token, createToken(data, 'write', '').token]
    for (const read of reads) {
      assert.is((await ask(url, read)).status, 401, read.join(' '))
      for (const token of tokens) assert.ok(![401, 403].includes((await ask(url, read, `Bearer ${token}`)).status))
    }
    for (const path of open) assert.is.not((await ask(url, ['GET', path])).status, 401)
  })
})

test('a revoked token is refused from the next request on', async () => {
  await withServer({ storage: memoryBackend(), private: true }, async ({ url, data }) => {
    const { token, id: tokenId } = createToken(data, 'read', '')
    const list: [string, string] = ['GET', '/v1/objects?prefix=packs/']
    assert.is((await ask(url, list, `Bearer ${token}`)).status, 200)
    revokeToken(data, tokenId)
    assert.is((await ask(url, list, `Bearer ${token}`)).status, 401)
  })
})

test('odd Authorization headers are refused, not believed', async () => {
  await withServer({ storage: memoryBackend(), private: true }, async ({ url, data }) => {
    const { token } = createToken(data, 'write', '')
    const list: [string, string] = ['GET', '/v1/objects?prefix=packs/']
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    for (const odd of [
      token,
      'Bearer',
      `Digest ${token}`,
      `Bearer ${token}x`,
      basic(token.slice(1)),
      basic('a:b'),
      'x'.repeat(5000),
    ]) {
      assert.is((await ask(url, list, odd)).status, 401, odd.slice(0, 20))
    }
    for (const good of [`bearer ${token}`, `Bearer  ${token}`, basic(`anybody:${token}`)]) {
      assert.is((await ask(url, list, good)).status, 200)
    }
  })
})

test('the log names the token, and never shows one', async () => {
  await withServer({ storage: memoryBackend(), private: true }, async ({ url, data, log }) => {
    const { token, id: tokenId } = createToken(data, 'read', '')
    await ask(url, ['GET', `/v1/objects?prefix=packs/&token=${token}`], `Bearer ${token}`)
    await ask(url, ['GET', `/${token}`], 'Bearer zagi_w_wrong')
    const requests = log.filter(({ event }) => event === 'request')
    assert.equal(
      requests.map(({ who, status, path }) => [who, status, path]),
      [
        [tokenId, 200, '/v1/objects'],
        ['anonymous', 404, '/zagi_***'],
      ],
    )
    for (const key of ['time', 'method', 'bytes', 'ms', 'from']) assert.ok(key in requests[0]!, key)
    assert.not.ok(JSON.stringify(log).includes(token.slice(10)))
  })
})
