import { ZagiError } from '../base/index.ts'

const fanoutAt = 8
const idsAt = fanoutAt + 256 * 4

/** The ids in an idx file (version 2) that is held in memory. */
export interface GitIndex {
  objects: number
  has(id: string): boolean
}

/** Opens an idx file. Only the ids are looked at, and only after all lengths fit. @throws ZagiError GIT_OBJECT_CORRUPT */
export function openGitIndex(bytes: Uint8Array, name: string): GitIndex {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const objects = file.length < idsAt ? 0 : file.readUInt32BE(idsAt - 4)
  const right = file.length >= idsAt && file.readUInt32BE(0) === 0xff744f63 && file.readUInt32BE(4) === 2
  if (!right || file.length < idsAt + objects * 28 + 40) {
    throw new ZagiError('GIT_OBJECT_CORRUPT', `The index of the Git pack "${name}" is damaged`)
  }
  return {
    objects,
    has(id) {
      const wanted = Buffer.from(id, 'hex')
      let low = 0
      let high = objects
      while (low < high) {
        const middle = (low + high) >>> 1
        const order = file.compare(wanted, 0, 20, idsAt + middle * 20, idsAt + middle * 20 + 20)
        if (order === 0) return true
        if (order < 0) low = middle + 1
        else high = middle
      }
      return false
    },
  }
}
