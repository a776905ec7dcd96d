import { ZagiError } from '../base/index.ts'
import { PackIndex, verifyPack } from '../store/index.ts'
import type { Exchange } from './exchange.ts'
import { type ObjectKey, packIndexKey, packKey } from './object-key.ts'
import { type Received, receiveObject } from './receive-object.ts'
import type { Service } from './service.ts'

type PackKey = Extract<ObjectKey, { kind: 'pack' | 'pack index' }>

/**
 * Takes a pack of chunks, or its index. Nothing is believed: the pack is kept aside until every chunk in it was checked.
 * @throws ZagiError PACK_CORRUPT, CHUNK_CORRUPT, TOO_LARGE, DOWNLOAD_CUT, BAD_NAME, KEY_NOT_FOUND
 */
export function receivePack(service: Service, exchange: Exchange, key: PackKey): Promise<Received> {
  const { id } = key
  return receiveObject(service, exchange, {
    isIndex: key.kind === 'pack index',
    packKey: packKey(id),
    indexKey: packIndexKey(id),
    async check(file) {
      const verified = await verifyPack(file)
      if (verified.id === id) return verified.index
      throw new ZagiError('BAD_NAME', `The pack that was sent as "${id}" is "${verified.id}"`, {
        hint: 'A pack is named by the BLAKE3 of its index',
      })
    },
    stored: (index) => service.chunks.known.add(new PackIndex(index, id)),
  })
}
