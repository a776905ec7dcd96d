import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { explainSystemError, randomName, ZagiError } from '../base/index.ts'
import { HttpError } from './answers.ts'
import type { Exchange } from './exchange.ts'

/** Reads a small body whole. @throws ZagiError TOO_LARGE before anything past `limit` bytes is kept, DOWNLOAD_CUT */
export async function readBody(exchange: Exchange, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bodyPieces(exchange, limit)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Reads a body to its end and keeps nothing of it. @throws ZagiError TOO_LARGE, DOWNLOAD_CUT */
export async function discardBody(exchange: Exchange, limit: number): Promise<void> {
  for await (const _ of bodyPieces(exchange, limit));
}

/** Reads a small body as JSON. @throws ZagiError USAGE, TOO_LARGE, DOWNLOAD_CUT */
export async function readJsonBody(exchange: Exchange, limit: number): Promise<unknown> {
  const bytes = await readBody(exchange, limit)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new ZagiError('USAGE', 'The body of the request is not JSON')
  }
}

/** Writes a body to a new private file in `folder`, piece by piece, and returns its path. The caller removes it. */
export function receiveFile(exchange: Exchange, folder: string, limit: number): Promise<string> {
  return writePieces(bodyPieces(exchange, limit), folder)
}

/** Writes pieces to a new private file in `folder` and returns its path. */
export async function writePieces(pieces: AsyncIterable<Uint8Array>, folder: string): Promise<string> {
  const path = join(folder, randomName())
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const piece of pieces) await file.writeFile(piece)
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(path, { force: true })
    throw explainSystemError(error, 'write', path)
  }
  return path
}

/** The pieces of a body, never more than `limit` bytes together. @throws ZagiError TOO_LARGE, DOWNLOAD_CUT */
export async function* bodyPieces(exchange: Exchange, limit: number): AsyncGenerator<Uint8Array> {
  const { request, response } = exchange
  checkHead(exchange, limit)
  // Clients that wait for leave before they send get it only here, after everything else was found to be in order.
  if (request.headers.expect !== undefined) response.writeContinue()
  const started = performance.now()
  let total = 0
  try {
    // Not destroyed on the way out: the socket is still needed for the answer.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      total += (piece as Uint8Array).length
      if (total > limit) throw tooLarge(limit)
      checkRate(total, performance.now() - started)
      yield piece as Uint8Array
    }
  } catch (error) {
    if (error instanceof ZagiError) throw error
    throw new ZagiError('DOWNLOAD_CUT', `The body of the request ended after ${total} bytes`, { cause: error })
  }
}

// A body may come slowly, but not so slowly that holding connections open costs its sender nothing.
const slowestBytesPerSecond = 1024
const graceMs = 30_000

function checkRate(bytes: number, ms: number): void {
  if (ms < graceMs || (bytes * 1000) / ms >= slowestBytesPerSecond) return
  throw new HttpError(408, 'DOWNLOAD_CUT', `The body of the request came too slowly: ${bytes} bytes so far`)
}

function checkHead(exchange: Exchange, limit: number): void {
  const { headers } = exchange.request
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new HttpError(415, 'USAGE', `The content encoding "${headers['content-encoding']}" is not supported`)
  }
}

function tooLarge(limit: number): ZagiError {
  return new ZagiError('TOO_LARGE', `The body of the request is larger than the limit of ${limit} bytes`)
}
