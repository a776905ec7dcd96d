import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ZagiError } from '../base/index.ts'
import { failureOf } from './http-answer.ts'
import { connectionError } from './http-retry.ts'

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST'
  /** Path and query below the server's address. */
  path: string
  headers?: Record<string, string>
  body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Statuses that are no failure. */
  accept: readonly number[]
  signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  status: number
  header(name: string): string | undefined
  /** The body piece by piece: to be read to its end, or left in the middle. */
  pieces(): AsyncIterable<Uint8Array>
  /** The whole body. @throws ZagiError TOO_LARGE */
  bytes(limit: number): Promise<Uint8Array>
  /** Leaves the body unread. */
  discard(): Promise<void>
}

/** Sends one request, once. @throws Transient where trying again may help, ZagiError otherwise */
export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>

export interface HttpClientOptions {
  url: string
  token?: string | undefined
  userAgent?: string | undefined
}

const connectMs = 10_000
const silenceMs = 60_000
// A server may check a whole snapshot before it answers.
const answerMs = 120_000
const errorLimit = 64 * 1024

/** Makes requests to one server. Nothing is loaded or connected before the first one. */
export function httpClient({ url, token, userAgent }: HttpClientOptions): SendRequest {
  const base = new URL(url)
  const address = base.origin + base.pathname.replace(/\/$/, '')
  let dispatcher: Dispatcher | undefined
  return async ({ method, path, headers, body, accept, signal }) => {
    const { Agent, EnvHttpProxyAgent, request } = await import('undici')
    const limits = { connect: { timeout: connectMs }, headersTimeout: answerMs, bodyTimeout: silenceMs }
    // Proxies often allow tunnels to port 443 only; what is not encrypted anyway needs none.
    dispatcher ??= isLoopback(base.hostname)
      ? new Agent(limits)
      : new EnvHttpProxyAgent({ ...limits, proxyTunnel: false })
    // The library itself never gives up on a proxy that hangs up at once.
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), answerMs)
    try {
      const {
        statusCode,
        headers: received,
        body: answer,
      } = await request(address + path, {
        method,
        dispatcher,
        body: body === undefined || body instanceof Uint8Array ? (body ?? null) : Readable.from(watched(body, timer)),
        signal: signal === undefined ? patience.signal : AbortSignal.any([signal, patience.signal]),
        headers: {
          'user-agent': userAgent ?? 'zagi',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      })
      const header = (name: string) => {
        const value = received[name]
        return Array.isArray(value) ? value[0] : value
      }
      const pieces = () => explained(answer, address)
      if (accept.includes(statusCode)) {
        return {
          status: statusCode,
          header,
          pieces,
          bytes: (limit) => gather(pieces(), limit, address),
          discard: () => answer.dump(),
        }
      }
      const text = await gather(pieces(), errorLimit, address).catch(() => Buffer.alloc(0))
      const retryAfter = header('retry-after')
      throw failureOf({ status: statusCode, body: Buffer.from(text).toString('utf8'), retryAfter, address })
    } catch (error) {
      throw patience.signal.aborted ? noAnswer(address) : connectionError(error, address)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function* watched(body: AsyncIterable<Uint8Array>, timer: NodeJS.Timeout): AsyncIterable<Uint8Array> {
  for await (const piece of body) {
    timer.refresh()
    yield piece
  }
}

function noAnswer(address: string): ZagiError {
  return new ZagiError('SERVER_UNREACHABLE', `"${address}" gave no answer within ${answerMs / 1000} seconds`, {
    hint: 'Check the address and the network, a proxy in between, and that the server runs',
  })
}

// A proxy elsewhere cannot reach what listens on this machine only.
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}

async function* explained(body: AsyncIterable<Uint8Array>, address: string): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw connectionError(error, address)
  }
}

async function gather(pieces: AsyncIterable<Uint8Array>, limit: number, address: string): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > limit) throw new ZagiError('TOO_LARGE', `"${address}" sends more than ${limit} bytes as one answer`)
    all.push(piece)
  }
  return all.length === 1 ? all[0]! : Buffer.concat(all)
}
