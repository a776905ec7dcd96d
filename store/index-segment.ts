import { ZagiError } from '../base/index.ts'
import { hashInto } from './hash.ts'
import { idAt } from './id.ts'
import type { FrameSpan } from './pack-index.ts'
import type { Id } from './types.ts'

// docs/formats/chunk-index.md. Everything is counted in words of 4 bytes, so that a loaded file is searched as it is.
const magic = 'ZCI1'
const headWords = 8
const idWords = 8
const frameWords = 6
const placeWords = 3
const checksumWords = 8

/** How many of everything a segment holds. `bits` of an id choose its bucket. */
export interface SegmentCounts {
  bits: number
  packs: number
  frames: number
  chunks: number
}

/** Where the parts of a segment begin, in words. */
export interface SegmentLayout {
  packs: number
  frames: number
  fanOut: number
  ids: number
  places: number
  checksum: number
  length: number
}

export function segmentLayout({ bits, packs, frames, chunks }: SegmentCounts): SegmentLayout {
  const framesAt = headWords + packs * idWords
  const fanOut = framesAt + frames * frameWords
  const ids = fanOut + 2 ** bits + 1
  const places = ids + chunks * idWords
  const checksum = places + chunks * placeWords
  return { packs: headWords, frames: framesAt, fanOut, ids, places, checksum, length: checksum + checksumWords }
}

let serials = 0

/** A part of the chunk index: the sorted ids of some packs' chunks and where each lies. Immutable. */
export class Segment {
  /** Tells segments of this thread apart. */
  readonly serial: number = ++serials
  readonly counts: SegmentCounts
  readonly words: Uint32Array
  readonly bytes: Buffer
  readonly layout: SegmentLayout

  /** @param buffer as built, or as loaded and checked by {@link checkSegment} */
  constructor(buffer: SharedArrayBuffer) {
    this.words = new Uint32Array(buffer)
    this.bytes = Buffer.from(buffer)
    this.counts = readCounts(this.words)
    this.layout = segmentLayout(this.counts)
  }

  get buffer(): SharedArrayBuffer {
    return this.words.buffer as SharedArrayBuffer
  }

  /**
   * The number of a chunk, or -1. The id is at `at`.
   * @param compared how many words of the id must be equal: 8, or 3 for a prefix of 12 bytes
   */
  find(ids: Buffer, at: number, compared = idWords): number {
    const { words, layout } = this
    const bucket = layout.fanOut + (ids.readUInt32BE(at) >>> (32 - this.counts.bits))
    const second = ids.readUInt32LE(at + 4)
    const end = words[bucket + 1]!
    for (let chunk = words[bucket]!; chunk < end; chunk++) {
      const held = layout.ids + chunk * idWords
      if (words[held + 1] !== second) continue
      let same = 0
      while (same < compared && words[held + same] === ids.readUInt32LE(at + same * 4)) same++
      if (same === compared) return chunk
    }
    return -1
  }

  /** Where in `bytes` the id of a chunk is. */
  idOffset(chunk: number): number {
    return (this.layout.ids + chunk * idWords) * 4
  }

  chunkFrame(chunk: number): number {
    return this.words[this.layout.places + chunk * placeWords]!
  }

  /** Where in its frame the chunk begins. */
  chunkOffset(chunk: number): number {
    return this.words[this.layout.places + chunk * placeWords + 1]!
  }

  chunkSize(chunk: number): number {
    return this.words[this.layout.places + chunk * placeWords + 2]!
  }

  packId(pack: number): Id {
    return idAt(this.bytes, (this.layout.packs + pack * idWords) * 4)
  }

  /** The number, in this segment, of the pack that a frame is in. */
  framePack(frame: number): number {
    return this.words[this.layout.frames + frame * frameWords + 2]!
  }

  /** For each pack the number of its first frame here: a pack's frames follow one another, in their order in the pack. */
  firstFrames(): Uint32Array {
    const first = new Uint32Array(this.counts.packs)
    for (let frame = this.counts.frames - 1; frame >= 0; frame--) first[this.framePack(frame)] = frame
    return first
  }

  frame(frame: number): FrameSpan {
    const at = this.layout.frames + frame * frameWords
    const { words } = this
    return {
      offset: words[at]! + words[at + 1]! * 2 ** 32,
      stored: words[at + 3]!,
      raw: words[at + 4]!,
      codec: words[at + 5]!,
    }
  }
}

function readCounts(words: Uint32Array): SegmentCounts {
  return { bits: words[1]!, packs: words[2]!, frames: words[3]!, chunks: words[4]! }
}

/** Writes the head and, everything else being in place, the checksum. */
export function sealSegment(buffer: SharedArrayBuffer, counts: SegmentCounts): void {
  const bytes = Buffer.from(buffer)
  bytes.write(magic, 'latin1')
  new Uint32Array(buffer).set([counts.bits, counts.packs, counts.frames, counts.chunks], 1)
  const checksumAt = segmentLayout(counts).checksum * 4
  hashInto(bytes.subarray(0, checksumAt), bytes, checksumAt)
}

/** The name of a sealed segment: what its checksum begins with. */
export function segmentName(segment: Segment): string {
  return segment.bytes.toString('hex', segment.layout.checksum * 4, segment.layout.checksum * 4 + 16)
}

/** Checks bytes that come from a file. @throws ZagiError INDEX_CORRUPT */
export function checkSegment(buffer: SharedArrayBuffer): void {
  const bytes = Buffer.from(buffer)
  const fail = (why: string): never => {
    throw new ZagiError('INDEX_CORRUPT', `A part of the chunk index is damaged: ${why}`, {
      hint: 'It is made anew from the packs: run the command again',
    })
  }
  if (bytes.length < (headWords + checksumWords) * 4 || bytes.length % 4 !== 0) fail(`it has ${bytes.length} bytes`)
  if (bytes.toString('latin1', 0, 4) !== magic) fail('it does not begin with "ZCI1"')
  const counts = readCounts(new Uint32Array(buffer))
  if (counts.bits < 1 || counts.bits > 24) fail('its fan-out is impossible')
  if (segmentLayout(counts).length * 4 !== bytes.length) fail(`it has ${bytes.length} bytes, which its counts deny`)
  const checksum = Buffer.alloc(32)
  hashInto(bytes.subarray(0, -32), checksum, 0)
  if (!checksum.equals(bytes.subarray(-32))) fail('its checksum is wrong')
}
