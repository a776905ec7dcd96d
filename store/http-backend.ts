import { isZagiError, ZagiError } from '../base/index.ts'
import { checkKey, checkPrefix, exactly, failMoved } from './backend-key.ts'
import { httpChunkService } from './http-chunks.ts'
import { type HttpClientOptions, httpClient, type SendRequest } from './http-client.ts'
import { streamObject } from './http-download.ts'
import { listObjects } from './http-list.ts'
import { retrying, Transient } from './http-retry.ts'
import type { Backend } from './types.ts'

/** Bytes of the largest object that is read in one piece. */
const wholeObjectLimit = 256 * 1024 * 1024

/** The object storage of a zagi server. @throws ZagiError BAD_NAME for an address that is not http:// or https:// */
export function httpBackend(options: HttpClientOptions): Backend {
  const address = checkAddress(options.url)
  const send = httpClient({ ...options, url: address })
  const stream: Backend['stream'] = (key, range = {}) =>
    streamObject({ send, address, path: pathOf(key), key, ...range })
  return {
    address,
    chunks: httpChunkService(send, address),
    stream,
    async get(key, range = {}) {
      const limit = range.length ?? wholeObjectLimit
      const pieces: Uint8Array[] = []
      let size = 0
      for await (const piece of stream(key, range)) {
        size += piece.length
        if (size > limit) throw new ZagiError('TOO_LARGE', `"${key}" at "${address}" has more than ${limit} bytes`)
        pieces.push(piece)
      }
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    },
    async head(key) {
      const answer = await retrying(undefined, () => send({ method: 'HEAD', path: pathOf(key), accept: [200, 404] }))
      await answer.discard()
      if (answer.status === 404) return undefined
      const size = Number(answer.header('content-length'))
      if (Number.isSafeInteger(size)) return { size }
      throw new ZagiError('BAD_ANSWER', `"${address}" does not say how large "${key}" is`)
    },
    async put(key, body, { signal } = {}) {
      await retrying(signal, async () => {
        const whole = body instanceof Uint8Array
        const size = whole ? body.length : body.size
        const answer = await send({
          method: 'PUT',
          path: pathOf(key),
          headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
          body: whole ? body : exactly(size, body.open()),
          accept: [200, 201, 204],
          signal,
        })
        await answer.bytes(wholeObjectLimit)
      })
    },
    getVersioned: (key) => retrying(undefined, () => readVersioned(send, key, address)),
    replace: (key, bytes, expected) => replace({ send, address, key, bytes, expected }),
    list: (prefix) => listObjects({ send, address, prefix: checkPrefix(prefix) }),
    async remove(key) {
      throw new ZagiError('AUTH_DENIED', `"${key}" cannot be removed through "${address}"`, {
        hint: 'Objects are removed on the server itself',
      })
    },
  }
}

function checkAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ZagiError('BAD_NAME', `"${text}" is not the address of a server`, {
      hint: 'An address looks like https://zagi.example.org',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new ZagiError('BAD_NAME', `The address of "${url.host}" has a user name or a password in it`, {
      hint: 'Leave them out: a server wants a token, which is given apart from the address',
    })
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function pathOf(key: string): string {
  return `/v1/objects/${checkKey(key)}`
}

async function readVersioned(send: SendRequest, key: string, address: string) {
  try {
    const answer = await send({ method: 'GET', path: pathOf(key), accept: [200] })
    const bytes = await answer.bytes(wholeObjectLimit)
    return { bytes, version: versionOf(answer.header('etag'), key, address) }
  } catch (error) {
    // A server calls the repository missing rather than one of its keys.
    if (isZagiError(error, 'KEY_NOT_FOUND') || isZagiError(error, 'REPOSITORY_NOT_FOUND')) return undefined
    throw error
  }
}

function versionOf(etag: string | undefined, key: string, address: string): string {
  const version = /^"([\x21\x23-\x7e]+)"$/.exec(etag ?? '')?.[1]
  if (version !== undefined) return version
  throw new ZagiError('BAD_ANSWER', `"${address}" gives no version of "${key}"`, {
    hint: 'A proxy in between may drop the ETag header',
  })
}

interface Replacement {
  send: SendRequest
  address: string
  key: string
  bytes: Uint8Array
  expected: string | undefined
}

/** Compare-and-swap. An answer that got lost is settled by looking: the swap either happened or did not. */
async function replace({ send, address, key, bytes, expected }: Replacement): Promise<string> {
  let uncertain = false
  return retrying(undefined, async () => {
    if (uncertain) {
      const now = await readVersioned(send, key, address)
      if (now !== undefined && Buffer.compare(now.bytes, bytes) === 0) return now.version
      if (now?.version !== expected) return failMoved(key, address)
    }
    try {
      const condition = expected === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${expected}"` }
      const headers = { 'content-type': 'application/json', 'content-length': String(bytes.length), ...condition }
      const answer = await send({ method: 'PUT', path: pathOf(key), headers, body: bytes, accept: [200, 201, 204] })
      await answer.bytes(wholeObjectLimit)
      return versionOf(answer.header('etag'), key, address)
    } catch (error) {
      uncertain = error instanceof Transient
      throw error
    }
  })
}
