import { Segment, type SegmentCounts, sealSegment, segmentLayout } from './index-segment.ts'
import { type FrameSpan, PackIndex } from './pack-index.ts'
import type { Id } from './types.ts'

/** Chunks to be indexed, in flat memory: where each id is, and where the chunk is. */
interface Gathered {
  count: number
  source: Uint16Array
  idOffset: Uint32Array
  frame: Uint32Array
  offset: Uint32Array
  size: Uint32Array
}

/**
 * Makes one segment of the index of packs and other segments. Where an id occurs twice, the first source has it.
 * @returns undefined where there is no chunk
 */
export function buildSegment(sources: readonly (Segment | PackIndex)[]): Segment | undefined {
  const packs = new Map<Id, number>()
  const frames: (FrameSpan & { pack: number })[] = []
  const all = gather(sources, packs, frames)
  if (all.count === 0) return undefined
  const bits = Math.min(24, Math.max(1, Math.ceil(Math.log2(all.count / 4))))
  const ids = sources.map((source) => (source instanceof PackIndex ? source.section : source.bytes))
  const sorted = sortByBucket(all, ids, bits)
  const order = withoutRepeats(sorted, all, ids)
  const counts = { bits, packs: packs.size, frames: frames.length, chunks: order.length }
  return write({ counts, packs: [...packs.keys()], frames, order, all, ids })
}

function gather(
  sources: readonly (Segment | PackIndex)[],
  packs: Map<Id, number>,
  frames: (FrameSpan & { pack: number })[],
): Gathered {
  const most = sources.reduce((sum, source) => sum + chunksOf(source), 0)
  const column = () => new Uint32Array(most)
  const all: Gathered = {
    count: 0,
    source: new Uint16Array(most),
    idOffset: column(),
    frame: column(),
    offset: column(),
    size: column(),
  }
  sources.forEach((source, number) => {
    const add = (idOffset: number, frame: number, offset: number, size: number) => {
      const at = all.count++
      all.source[at] = number
      all.idOffset[at] = idOffset
      all.frame[at] = frame
      all.offset[at] = offset
      all.size[at] = size
    }
    if (source instanceof PackIndex) gatherPack(source, packs, frames, add)
    else gatherSegment(source, packs, frames, add)
  })
  return all
}

type AddChunk = (idOffset: number, frame: number, offset: number, size: number) => void

function gatherPack(
  source: PackIndex,
  packs: Map<Id, number>,
  frames: (FrameSpan & { pack: number })[],
  add: AddChunk,
): void {
  if (packs.has(source.id)) return
  const pack = packs.size
  packs.set(source.id, pack)
  for (let frame = 0; frame < source.frames; frame++) {
    let offset = 0
    for (let chunk = source.firstChunk(frame); chunk < source.firstChunk(frame + 1); chunk++) {
      add(source.idOffset(chunk), frames.length, offset, source.chunkSize(chunk))
      offset += source.chunkSize(chunk)
    }
    frames.push({ ...source.frame(frame), pack })
  }
}

function gatherSegment(
  source: Segment,
  packs: Map<Id, number>,
  frames: (FrameSpan & { pack: number })[],
  add: AddChunk,
): void {
  // A pack that another source has already brings nothing new.
  const packNumbers: (number | undefined)[] = []
  for (let pack = 0; pack < source.counts.packs; pack++) {
    const id = source.packId(pack)
    if (packs.has(id)) continue
    packNumbers[pack] = packs.size
    packs.set(id, packs.size)
  }
  const frameNumbers = new Int32Array(source.counts.frames).fill(-1)
  for (let frame = 0; frame < source.counts.frames; frame++) {
    const pack = packNumbers[source.framePack(frame)]
    if (pack === undefined) continue
    frameNumbers[frame] = frames.length
    frames.push({ ...source.frame(frame), pack })
  }
  for (let chunk = 0; chunk < source.counts.chunks; chunk++) {
    const frame = frameNumbers[source.chunkFrame(chunk)]!
    if (frame < 0) continue
    add(source.idOffset(chunk), frame, source.chunkOffset(chunk), source.chunkSize(chunk))
  }
}

/** Numbers of the gathered chunks, bucket by bucket; equal ids keep their order. */
function sortByBucket(all: Gathered, ids: Buffer[], bits: number): Uint32Array {
  const bucketOf = (at: number) => ids[all.source[at]!]!.readUInt32BE(all.idOffset[at]!) >>> (32 - bits)
  const next = new Uint32Array(2 ** bits + 1)
  for (let at = 0; at < all.count; at++) next[bucketOf(at) + 1]!++
  for (let bucket = 0; bucket < 2 ** bits; bucket++) next[bucket + 1]! += next[bucket]!
  const ends = next.slice(1)
  const order = new Uint32Array(all.count)
  for (let at = 0; at < all.count; at++) order[next[bucketOf(at)]!++] = at
  let start = 0
  for (const end of ends) {
    if (end - start > 1) order.subarray(start, end).sort((a, b) => compareIds(all, ids, a, b) || a - b)
    start = end
  }
  return order
}

function compareIds(all: Gathered, ids: Buffer[], a: number, b: number): number {
  const atA = all.idOffset[a]!
  const atB = all.idOffset[b]!
  return ids[all.source[a]!]!.compare(ids[all.source[b]!]!, atB, atB + 32, atA, atA + 32)
}

function withoutRepeats(sorted: Uint32Array, all: Gathered, ids: Buffer[]): Uint32Array {
  let kept = 0
  for (let i = 0; i < sorted.length; i++) {
    if (kept > 0 && compareIds(all, ids, sorted[kept - 1]!, sorted[i]!) === 0) continue
    sorted[kept++] = sorted[i]!
  }
  return sorted.subarray(0, kept)
}

interface Content {
  counts: SegmentCounts
  packs: Id[]
  frames: (FrameSpan & { pack: number })[]
  order: Uint32Array
  all: Gathered
  ids: Buffer[]
}

function write({ counts, packs, frames, order, all, ids }: Content): Segment {
  const layout = segmentLayout(counts)
  const buffer = new SharedArrayBuffer(layout.length * 4)
  const words = new Uint32Array(buffer)
  const bytes = Buffer.from(buffer)
  packs.forEach((id, pack) => {
    bytes.write(id, layout.packs * 4 + pack * 32, 'hex')
  })
  let at = layout.frames
  for (const { offset, pack, stored, raw, codec } of frames) {
    words.set([offset % 2 ** 32, Math.floor(offset / 2 ** 32), pack, stored, raw, codec], at)
    at += 6
  }
  for (let i = 0; i < order.length; i++) {
    const from = order[i]!
    const source = ids[all.source[from]!]!
    const idAt = layout.ids * 4 + i * 32
    source.copy(bytes, idAt, all.idOffset[from]!, all.idOffset[from]! + 32)
    words[layout.fanOut + (bytes.readUInt32BE(idAt) >>> (32 - counts.bits)) + 1]!++
    const place = layout.places + i * 3
    words[place] = all.frame[from]!
    words[place + 1] = all.offset[from]!
    words[place + 2] = all.size[from]!
  }
  for (let bucket = layout.fanOut; bucket < layout.fanOut + 2 ** counts.bits; bucket++) {
    words[bucket + 1]! += words[bucket]!
  }
  sealSegment(buffer, counts)
  return new Segment(buffer)
}

function chunksOf(source: Segment | PackIndex): number {
  return source instanceof PackIndex ? source.chunks : source.counts.chunks
}
