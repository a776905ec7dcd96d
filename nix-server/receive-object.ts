import { createReadStream, rmSync, statSync } from 'node:fs'
import { ZagiError } from '../base/index.ts'
import type { Backend } from '../store/index.ts'
import type { Exchange } from './exchange.ts'
import { discardBody, receiveFile, writePieces } from './request-body.ts'
import type { Service } from './service.ts'

/** What became of an upload. */
export interface Received {
  /** False: it was here already. */
  stored: boolean
}

/** A pack of either kind. */
export interface ReceiveOptions {
  /** It is the index that was sent, not the pack. */
  isIndex: boolean
  packKey: string
  indexKey: string
  /** Checks a pack in a file through and through and makes its index. */
  check(file: string): Promise<Uint8Array>
  stored?(index: Uint8Array): void
}

const indexLimit = 64 << 20

/**
 * Takes a pack or its index. The index is always made from the pack here; one that is sent only asks for that.
 * Order: pack, index. What has no index is not there for any reader, so that a kill in between does no harm; the next
 * to send either of the two completes it.
 */
export async function receiveObject(service: Service, exchange: Exchange, options: ReceiveOptions): Promise<Received> {
  const { storage, limits, temporary } = service
  const { packKey, indexKey } = options
  let file: string
  if (options.isIndex) {
    await discardBody(exchange, indexLimit)
    if ((await storage.head(indexKey)) !== undefined) return { stored: false }
    file = await fetchPack(storage, packKey, temporary)
  } else {
    file = await receiveFile(exchange, temporary, limits.packBytes)
  }
  try {
    if ((await storage.head(indexKey)) !== undefined) return { stored: false }
    const index = await service.checking(() => options.check(file))
    await storage.put(packKey, {
      size: statSync(file).size,
      open: () => createReadStream(file, { highWaterMark: 1 << 20 }),
    })
    await storage.put(indexKey, index)
    options.stored?.(index)
    return { stored: true }
  } finally {
    rmSync(file, { force: true })
  }
}

async function fetchPack(storage: Backend, key: string, folder: string): Promise<string> {
  if ((await storage.head(key)) === undefined) {
    throw new ZagiError('KEY_NOT_FOUND', 'There is no pack that this index could belong to', {
      hint: 'Send the pack: the server makes the index itself',
    })
  }
  return writePieces(storage.stream(key), folder)
}
