import { ZagiError } from '../base/index.ts'
import { checkKey } from './backend-key.ts'
import type { SendRequest } from './http-client.ts'
import { retrying } from './http-retry.ts'

const longestLine = 8192

/** Lists keys, as the server finds them. */
export async function* listObjects(options: {
  send: SendRequest
  address: string
  prefix: string
}): AsyncIterable<{ key: string; size: number }> {
  const { send, address, prefix } = options
  const path = `/v1/objects?prefix=${encodeURIComponent(prefix)}`
  const answer = await retrying(undefined, () => send({ method: 'GET', path, accept: [200] }))
  let rest = ''
  const decoder = new TextDecoder()
  for await (const piece of answer.pieces()) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line !== '') yield parseLine(line, prefix, address)
    if (rest.length > longestLine) failList(address)
  }
  if (rest !== '') yield parseLine(rest, prefix, address)
}

function parseLine(line: string, prefix: string, address: string): { key: string; size: number } {
  let value: { key?: unknown; size?: unknown } | null
  try {
    value = JSON.parse(line)
  } catch {
    return failList(address)
  }
  const { key, size } = value ?? {}
  if (typeof key !== 'string' || !key.startsWith(prefix) || !Number.isSafeInteger(size)) return failList(address)
  return { key: checkKey(key), size: size as number }
}

function failList(address: string): never {
  throw new ZagiError('BAD_ANSWER', `"${address}" answered with something that is not a list of keys`)
}
