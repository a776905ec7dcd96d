import { ZagiError } from '../base/index.ts'
import { failMissingKey } from './backend-key.ts'
import type { HttpAnswer, SendRequest } from './http-client.ts'
import { Retry, Transient } from './http-retry.ts'

export interface ObjectDownload {
  send: SendRequest
  address: string
  path: string
  key: string
  start?: number | undefined
  length?: number | undefined
  signal?: AbortSignal | undefined
}

/** The bytes of an object or of a range of it. A connection that breaks is taken up again where it broke. */
export async function* streamObject(download: ObjectDownload): AsyncIterable<Uint8Array> {
  const { start = 0, signal } = download
  const retry = new Retry(signal)
  // Where the wanted bytes end: known once the server said how large the object is.
  let end = download.length === undefined ? undefined : start + download.length
  let at = start
  while (end === undefined || at < end) {
    try {
      const answer = await ask(download, at, end)
      if (answer.status === 416) return
      end = endOf(answer, download, at, end)
      for await (const piece of answer.pieces()) {
        if (at + piece.length > end) throw failAnswer(download, 'sends more bytes than it said')
        retry.progress()
        at += piece.length
        yield piece
      }
      if (at < end) throw new Transient(cutError(download, at - start))
    } catch (error) {
      await retry.failed(
        at > start && error instanceof Transient ? new Transient(cutError(download, at - start)) : error,
      )
    }
  }
}

async function ask(download: ObjectDownload, at: number, end: number | undefined): Promise<HttpAnswer> {
  const { send, path, key, address, signal } = download
  const ranged = at > 0 || end !== undefined
  const answer = await send({
    method: 'GET',
    path,
    headers: ranged ? { range: `bytes=${at}-${end === undefined ? '' : end - 1}` } : {},
    accept: ranged ? [200, 206, 404, 416] : [200, 404],
    signal,
  })
  if (answer.status === 404 || answer.status === 416) await answer.discard()
  if (answer.status === 404) failMissingKey(key, address)
  return answer
}

/** Where the wanted bytes end, by what the answer says. */
function endOf(answer: HttpAnswer, download: ObjectDownload, at: number, end: number | undefined): number {
  if (answer.status === 206) {
    const [, first, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.header('content-range') ?? '') ?? []
    if (Number(first) !== at) throw failAnswer(download, 'sends another range than was asked for')
    return Math.min(end ?? Number.POSITIVE_INFINITY, Number(size))
  }
  const size = Number(answer.header('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw failAnswer(download, 'does not say how many bytes it sends')
  // Without ranges only what begins at the start, and ends with the object, can be had.
  if (at > 0 || (end !== undefined && end < size)) throw failAnswer(download, 'cannot send a part of it')
  return size
}

function failAnswer({ address, key }: ObjectDownload, why: string): ZagiError {
  return new ZagiError('BAD_ANSWER', `Could not read "${key}" from "${address}": the server ${why}`, {
    hint: 'A proxy in between may not support ranges',
  })
}

function cutError({ address, key }: ObjectDownload, received: number): ZagiError {
  return new ZagiError('DOWNLOAD_CUT', `The download of "${key}" from "${address}" broke off after ${received} bytes`, {
    hint: 'Run the command again: it goes on where it stopped',
  })
}
