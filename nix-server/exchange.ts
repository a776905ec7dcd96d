import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TokenRecord } from './tokens.ts'

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** As sent, without the query. Nothing is decoded: no name that is served here needs percent signs. */
  readonly path: string
  readonly query: URLSearchParams
  /** What the route's pattern took out of the path. */
  readonly params: Readonly<Record<string, string>>
  /** The token that was shown, if any. */
  readonly token: TokenRecord | undefined
  /** Given when the client goes away or the server must stop. */
  readonly signal: AbortSignal
}

/** A value that the route's pattern has. */
export function param(exchange: Exchange, name: string): string {
  const value = exchange.params[name]
  if (value === undefined) throw new Error(`Bug: the route has no "${name}"`)
  return value
}

export function isHead(exchange: Exchange): boolean {
  return exchange.request.method === 'HEAD'
}
