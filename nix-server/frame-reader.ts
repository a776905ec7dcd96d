import { type Backend, decodeFrame, hash } from '../store/index.ts'
import type { ChunkPlace } from './known-chunks.ts'
import { packKey } from './object-key.ts'

/** Reads single chunks out of the packs in a storage. */
export interface FrameReader {
  /** The chunk's bytes, verified. @throws Error where the storage is damaged */
  read(place: ChunkPlace): Promise<Uint8Array>
}

// Trees of one commit lie together: a few frames in memory serve most reads.
const cacheBytes = 32 << 20

/** A reader with a small memory of its own: make one for each walk. */
export function createFrameReader(storage: Backend, signal: AbortSignal | undefined): FrameReader {
  const frames = new Map<string, Uint8Array>()
  let cached = 0
  const frame = async ({ pack, frame: number }: ChunkPlace) => {
    const name = `${pack.id} ${number}`
    const known = frames.get(name)
    if (known !== undefined) return known
    const { offset, stored, raw, codec } = pack.frame(number)
    const bytes = await storage.get(packKey(pack.id), { start: offset, length: stored, signal })
    const decoded = bytes.length === stored ? decodeFrame(bytes, codec, raw) : undefined
    if (decoded === undefined) throw new Error(`Frame ${number} of the stored pack ${pack.id} is damaged`)
    frames.set(name, decoded)
    cached += raw
    for (const [oldest, old] of frames) {
      if (cached <= cacheBytes || oldest === name) break
      frames.delete(oldest)
      cached -= old.length
    }
    return decoded
  }
  return {
    async read(place) {
      const { pack, chunk } = place
      const bytes = await frame(place)
      let start = 0
      for (let i = pack.firstChunk(place.frame); i < chunk; i++) start += pack.chunkSize(i)
      const found = bytes.subarray(start, start + pack.chunkSize(chunk))
      if (hash(found) !== pack.chunkId(chunk)) {
        throw new Error(`Chunk ${pack.chunkId(chunk)} of the stored pack ${pack.id} is damaged`)
      }
      return found
    },
  }
}
