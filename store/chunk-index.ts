import { buildSegment } from './index-build.ts'
import { Segment } from './index-segment.ts'
import type { PackIndex } from './pack-index.ts'
import type { Id } from './types.ts'

/** A chunk index as worker threads get it: memory that all threads read, nothing is copied. */
export type SharedIndex = SharedArrayBuffer[]

/** Where a chunk lies. One object is filled again and again, so that a look-up makes none. */
export interface Place {
  segment: Segment
  /** Number of the frame in the segment. */
  frame: number
  /** First byte in the frame, and bytes. */
  offset: number
  size: number
}

/** Segments smaller than this are always merged into a new one. */
const smallSegment = 4096

/** Where the chunks of a set of packs are. Immutable, and cheap to hand to other threads. */
export class ChunkIndex {
  readonly segments: readonly Segment[]

  /** @param segments largest first, so that most look-ups end at the first one */
  constructor(segments: readonly Segment[]) {
    this.segments = segments.toSorted((a, b) => b.counts.chunks - a.counts.chunks)
  }

  static fromShared(shared: SharedIndex): ChunkIndex {
    return new ChunkIndex(shared.map((buffer) => new Segment(buffer)))
  }

  share(): SharedIndex {
    return this.segments.map((segment) => segment.buffer)
  }

  /** Whether the id of 32 bytes at `at` is here. */
  has(ids: Buffer, at: number): boolean {
    return this.segments.some((segment) => segment.find(ids, at) >= 0)
  }

  /** Whether an id begins with the 12 bytes at `at`. */
  hasPrefix(prefixes: Buffer, at: number): boolean {
    return this.segments.some((segment) => segment.find(prefixes, at, 3) >= 0)
  }

  /** Finds a chunk. @returns false if it is not here; `place` is then as it was */
  locate(ids: Buffer, at: number, place: Partial<Place>): place is Place {
    for (const segment of this.segments) {
      const chunk = segment.find(ids, at)
      if (chunk < 0) continue
      place.segment = segment
      place.frame = segment.chunkFrame(chunk)
      place.offset = segment.chunkOffset(chunk)
      place.size = segment.chunkSize(chunk)
      return true
    }
    return false
  }

  /** The packs whose chunks are here. */
  packs(): Set<Id> {
    const packs = new Set<Id>()
    for (const segment of this.segments) {
      for (let pack = 0; pack < segment.counts.packs; pack++) packs.add(segment.packId(pack))
    }
    return packs
  }

  /**
   * The index with these packs too. Small segments go into the new one, so that there are never more than a few:
   * each is more than three times as large as all smaller ones together.
   */
  with(packs: readonly PackIndex[]): { index: ChunkIndex; added: Segment | undefined; merged: Segment[] } {
    let chunks = packs.reduce((sum, pack) => sum + pack.chunks, 0)
    const merged: Segment[] = []
    for (const segment of this.segments.toReversed()) {
      if (segment.counts.chunks > Math.max(smallSegment, chunks * 3)) break
      merged.push(segment)
      chunks += segment.counts.chunks
    }
    const added = buildSegment([...merged, ...packs])
    const kept = this.segments.filter((segment) => !merged.includes(segment))
    return { index: new ChunkIndex(added === undefined ? kept : [...kept, added]), added, merged }
  }
}
