import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HttpError } from './answers.ts'
import { parseByteRange } from './byte-range.ts'
import { type Exchange, isHead } from './exchange.ts'

/** Bytes of a known size that can be read from any place. */
export interface Content {
  size: number
  /** Without the quotes of the header. */
  version: string
  type: string
  /** It never changes under this name. */
  immutable: boolean
  open(range: { start: number; length: number }, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Answers GET and HEAD with Range, ETag, If-None-Match and If-Range. */
export async function sendContent(exchange: Exchange, content: Content): Promise<void> {
  const { request, response, signal } = exchange
  const etag = `"${content.version}"`
  const headers: Record<string, string | number> = {
    etag,
    'cache-control': content.immutable ? 'max-age=31536000, immutable' : 'no-cache',
    'accept-ranges': 'bytes',
  }
  if (matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end()
    return
  }
  const ifRange = request.headers['if-range']
  const range = parseByteRange(
    ifRange === undefined || ifRange === etag ? request.headers.range : undefined,
    content.size,
  )
  if (range.kind === 'unsatisfiable') {
    throw new HttpError(416, 'USAGE', `The range "${request.headers.range}" is outside of the ${content.size} bytes`, {
      headers: { 'content-range': `bytes */${content.size}` },
    })
  }
  const { start, length } = range.kind === 'part' ? range : { start: 0, length: content.size }
  headers['content-type'] = content.type
  headers['content-length'] = length
  if (range.kind === 'part') headers['content-range'] = `bytes ${start}-${start + length - 1}/${content.size}`
  response.writeHead(range.kind === 'part' ? 206 : 200, headers)
  if (isHead(exchange) || length === 0) {
    response.end()
    return
  }
  await pipeline(Readable.from(content.open({ start, length }, signal), { objectMode: false }), response, { signal })
}

/** True if the If-Match or If-None-Match header names `etag`. Weak marks are ignored. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
