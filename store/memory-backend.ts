import { throwIfInterrupted } from '../base/index.ts'
import { checkKey, checkPrefix, exactly, failMissingKey, failMoved } from './backend-key.ts'
import type { Backend } from './types.ts'

/** Object storage in memory: for tests, and for servers that keep nothing. */
export function memoryBackend(): Backend {
  const address = 'memory'
  const objects = new Map<string, { bytes: Uint8Array; version: string }>()
  let versions = 0
  const set = (key: string, bytes: Uint8Array) => {
    const version = `${++versions}`
    objects.set(key, { bytes: Uint8Array.from(bytes), version })
    return version
  }
  const backend: Backend = {
    address,
    async get(key, options = {}) {
      throwIfInterrupted(options.signal)
      const object = objects.get(checkKey(key)) ?? failMissingKey(key, address)
      const start = options.start ?? 0
      return object.bytes.slice(start, start + (options.length ?? object.bytes.length))
    },
    async *stream(key, options) {
      yield await backend.get(key, options)
    },
    async head(key) {
      const object = objects.get(checkKey(key))
      return object && { size: object.bytes.length }
    },
    async put(key, body, options = {}) {
      throwIfInterrupted(options.signal)
      const bytes = body instanceof Uint8Array ? body : await gather(exactly(body.size, body.open()))
      if (!objects.has(checkKey(key))) set(key, bytes)
    },
    async getVersioned(key) {
      const object = objects.get(checkKey(key))
      return object && { bytes: object.bytes.slice(), version: object.version }
    },
    async replace(key, bytes, expected) {
      if (objects.get(checkKey(key))?.version !== expected) failMoved(key, address)
      return set(key, bytes)
    },
    async *list(prefix) {
      checkPrefix(prefix)
      for (const key of [...objects.keys()].sort()) {
        const object = objects.get(key)
        if (object !== undefined && key.startsWith(prefix)) yield { key, size: object.bytes.length }
      }
    },
    async remove(key) {
      objects.delete(checkKey(key))
    },
  }
  return backend
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
