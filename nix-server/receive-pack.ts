import { createReadStream, rmSync, statSync } from 'node:fs'
import { ZagiError } from '../base/index.ts'
import { PackIndex, type StreamedBody, verifyPack } from '../store/index.ts'
import type { Exchange } from './exchange.ts'
import { type ObjectKey, packIndexKey, packKey } from './object-key.ts'
import { readBody, receiveFile } from './request-body.ts'
import type { Service } from './service.ts'

type PackKey = Extract<ObjectKey, { kind: 'pack' | 'pack index' }>

const indexLimit = 64 << 20

/** What became of an upload. */
export interface Received {
  /** False: it was here already. */
  stored: boolean
}

/**
 * Takes a pack of chunks, or its index. Nothing is believed: the pack is kept beside until every chunk in it was checked.
 * The index is always made from the pack; one that is sent only asks for that.
 * Order: pack, index, table in memory. A kill in between leaves a pack that nobody sees; sending it again completes it.
 * @throws ZagiError PACK_CORRUPT, CHUNK_CORRUPT, TOO_LARGE, DOWNLOAD_CUT, BAD_NAME
 */
export async function receivePack(service: Service, exchange: Exchange, key: PackKey): Promise<Received> {
  const { storage, limits, temporary } = service
  const { id } = key
  if (key.kind === 'pack index') {
    await readBody(exchange, indexLimit)
    if ((await storage.head(packIndexKey(id))) !== undefined) return { stored: false }
    throw new ZagiError('KEY_NOT_FOUND', `There is no pack "${id}" that this index could belong to`, {
      hint: 'Send the pack: the server makes the index itself',
    })
  }
  const file = await receiveFile(exchange, temporary, limits.packBytes)
  try {
    if ((await storage.head(packIndexKey(id))) !== undefined) return { stored: false }
    const verified = await service.checking(() => verifyPack(file))
    if (verified.id !== id) {
      throw new ZagiError('BAD_NAME', `The pack that was sent as "${id}" is "${verified.id}"`, {
        hint: 'A pack is named by the BLAKE3 of its index',
      })
    }
    await storage.put(packKey(id), fileBody(file))
    await storage.put(packIndexKey(id), verified.index)
    service.chunks.known.add(new PackIndex(verified.index, id))
    return { stored: true }
  } finally {
    rmSync(file, { force: true })
  }
}

/** A file as the body of an upload to the storage. */
export function fileBody(file: string): StreamedBody {
  return { size: statSync(file).size, open: () => createReadStream(file, { highWaterMark: 1 << 20 }) }
}
