import { statSync } from 'node:fs'
import { packPath } from './pack-file.ts'
import type { LocalStore } from './store.ts'
import type { StoreStatistics } from './types.ts'

/** Counts what a store holds; a chunk that is in two packs counts once. */
export function storeStatistics(store: LocalStore): StoreStatistics {
  const { segments } = store.index
  const packs = store.index.packs()
  const result: StoreStatistics = { packs: packs.size, chunks: 0, storedBytes: 0, rawBytes: 0 }
  for (const pack of packs) {
    result.storedBytes += statSync(packPath(store.packsFolder, pack), { throwIfNoEntry: false })?.size ?? 0
  }
  segments.forEach((segment, number) => {
    const earlier = segments.slice(0, number)
    for (let chunk = 0; chunk < segment.counts.chunks; chunk++) {
      const at = segment.idOffset(chunk)
      if (earlier.some((other) => other.find(segment.bytes, at) >= 0)) continue
      result.chunks++
      result.rawBytes += segment.chunkSize(chunk)
    }
  })
  return result
}
