import { ZagiError } from '../base/index.ts'

// No leading dot: neither `..` nor the names of temporary files. No `@`: the local backend's own names have one.
const shape = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}){0,15}$/

/** Checks a key before it becomes a path or a URL. @throws ZagiError BAD_NAME */
export function checkKey(key: string): string {
  if (shape.test(key)) return key
  throw new ZagiError('BAD_NAME', `"${key.slice(0, 200)}" is not a key of an object storage`)
}

/** Checks what keys shall begin with: nothing, a key, or a key and a slash. @throws ZagiError BAD_NAME */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix)
  return prefix
}

/** @throws ZagiError KEY_NOT_FOUND */
export function failMissingKey(key: string, address: string): never {
  throw new ZagiError('KEY_NOT_FOUND', `There is no "${key}" at "${address}"`)
}

/** @throws ZagiError REF_MOVED */
export function failMoved(key: string, address: string): never {
  throw new ZagiError('REF_MOVED', `Somebody else replaced "${key}" at "${address}" first`, {
    hint: 'Fetch the new state and try again: zagi pull',
  })
}

/** The pieces of a body, which must come to the promised size. @throws ZagiError DOWNLOAD_CUT, TOO_LARGE */
export async function* exactly(size: number, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let done = 0
  for await (const piece of pieces) {
    done += piece.length
    if (done > size) throw new ZagiError('TOO_LARGE', `A body goes on after the promised ${size} bytes`)
    yield piece
  }
  if (done < size) throw new ZagiError('DOWNLOAD_CUT', `A body ended after ${done} of ${size} bytes`)
}
