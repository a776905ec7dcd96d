import type { ChunkIndex, Place } from './chunk-index.ts'
import { writeId } from './id.ts'
import { IdSet } from './id-set.ts'
import { packPath } from './pack-file.ts'
import { readPackFileIndex } from './pack-footer.ts'
import type { PackIndex } from './pack-index.ts'
import type { Id } from './types.ts'

/** What to send of one local pack. */
export interface PackShare {
  index: PackIndex
  path: string
  /** The wanted chunks, frame by frame; a frame of which all chunks are wanted is sent as it is stored. */
  frames: { frame: number; chunks: number[]; whole: boolean }[]
  /** All of it is wanted: the file is sent as it is. */
  whole: boolean
  /** About how many bytes that is. */
  bytes: number
}

/**
 * Finds where wanted chunks lie. Each is sent once, also where two packs have it.
 * @returns what the packs contribute, and the wanted chunks that no pack has
 */
export function planUpload(
  wantedIds: readonly Id[],
  from: { index: ChunkIndex; packsFolder: string },
): { shares: PackShare[]; missing: Id[] } {
  const wanted = new IdSet(Math.max(1, wantedIds.length))
  const packs = new Set<Id>()
  const missing: Id[] = []
  const bytes = Buffer.alloc(32)
  const place: Partial<Place> = {}
  for (const id of wantedIds) {
    writeId(id, bytes, 0)
    if (!from.index.locate(bytes, 0, place)) missing.push(id)
    else packs.add(place.segment.packId(place.segment.framePack(place.frame)))
    wanted.add(bytes, 0)
  }
  const sent = new IdSet(Math.max(1, wantedIds.length))
  const shares = [...packs].map((id) => {
    const path = packPath(from.packsFolder, id)
    return shareOf(readPackFileIndex(path, id), path, (ids, at) => wanted.has(ids, at) && sent.add(ids, at))
  })
  return { shares, missing }
}

function shareOf(index: PackIndex, path: string, take: (ids: Buffer, at: number) => boolean): PackShare {
  const share: PackShare = { index, path, frames: [], whole: true, bytes: 0 }
  for (let frame = 0; frame < index.frames; frame++) {
    const chunks: number[] = []
    let raw = 0
    for (let chunk = index.firstChunk(frame); chunk < index.firstChunk(frame + 1); chunk++) {
      if (!take(index.section, index.idOffset(chunk))) continue
      chunks.push(chunk)
      raw += index.chunkSize(chunk)
    }
    const whole = chunks.length === index.firstChunk(frame + 1) - index.firstChunk(frame)
    share.whole &&= whole
    if (chunks.length === 0) continue
    const span = index.frame(frame)
    share.frames.push({ frame, chunks, whole })
    share.bytes += Math.round(span.stored * (span.raw === 0 ? 1 : raw / span.raw))
  }
  return share
}
