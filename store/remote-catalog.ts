import { isZagiError, throwIfInterrupted } from '../base/index.ts'
import { ChunkIndex, type Place } from './chunk-index.ts'
import { writeId } from './id.ts'
import { inParallel } from './in-parallel.ts'
import type { Segment } from './index-segment.ts'
import type { PackIndex } from './pack-index.ts'
import { remotePackIndex } from './pack-index-cache.ts'
import { packOfIndexKey } from './remote-keys.ts'
import type { Backend, Holdings, Id } from './types.ts'

/** What the packs at a plain object storage hold, learnt from their indexes. */
export interface RemoteCatalog {
  /** Learns of the packs that were added since. */
  refresh(signal?: AbortSignal): Promise<void>
  has(id: Id): boolean
  /** The frames that hold these chunks, and the chunks that no pack holds. */
  holdings(ids: Iterable<Id>): { holdings: Holdings; missing: Id[] }
}

const fetches = 8

export function remoteCatalog(backend: Backend, cacheFolder: string): RemoteCatalog {
  let index = new ChunkIndex([])
  const known = new Set<Id>()
  const bytes = Buffer.alloc(32)
  const place: Partial<Place> = {}
  const firstFrames = new WeakMap<Segment, Uint32Array>()
  return {
    async refresh(signal) {
      const unknown: Id[] = []
      for await (const { key } of backend.list('packs/')) {
        throwIfInterrupted(signal)
        const id = packOfIndexKey(key)
        if (id !== undefined && !known.has(id)) unknown.push(id)
      }
      const packs: PackIndex[] = []
      await inParallel(unknown, { limit: fetches, signal }, async (id, stop) => {
        try {
          packs.push(await remotePackIndex(backend, id, { cacheFolder, signal: stop }))
        } catch (error) {
          // Chunks of a damaged pack count as missing: whoever has them uploads them again, into another pack.
          if (!isZagiError(error, 'PACK_CORRUPT')) throw error
        }
        known.add(id)
      })
      if (packs.length > 0) index = index.with(packs).index
    },
    has(id) {
      writeId(id, bytes, 0)
      return index.has(bytes, 0)
    },
    holdings(ids) {
      const missing: Id[] = []
      const frames = new Map<Id, Set<number>>()
      for (const id of ids) {
        writeId(id, bytes, 0)
        if (!index.locate(bytes, 0, place)) {
          missing.push(id)
          continue
        }
        const { segment, frame } = place
        const pack = segment.framePack(frame)
        const packId = segment.packId(pack)
        const first = firstFrames.get(segment) ?? segment.firstFrames()
        firstFrames.set(segment, first)
        const held = frames.get(packId) ?? new Set()
        frames.set(packId, held.add(frame - first[pack]!))
      }
      const packs = [...frames].map(([id, held]) => ({ id, frames: rangesOf(held) }))
      return { holdings: { packs: packs.sort((a, b) => (a.id < b.id ? -1 : 1)) }, missing }
    },
  }
}

function rangesOf(frames: Set<number>): [first: number, count: number][] {
  const ranges: [number, number][] = []
  for (const frame of [...frames].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && last[0] + last[1] === frame) last[1]++
    else ranges.push([frame, 1])
  }
  return ranges
}
