import { ZagiError } from '../base/index.ts'
import { hash } from './hash.ts'
import { idAt } from './id.ts'
import { frameTarget, maximumObject, maximumPackRaw, maximumSection } from './limits.ts'
import type { Id } from './types.ts'

// docs/formats/pack.md
const magic = 'ZPX1'
const headLength = 12
const frameLength = 21
const chunkLength = 36
/** Bytes before the first frame of a pack: `ZPK1` and a zero. */
export const packHead: Buffer = Buffer.from('ZPK1\0\0\0\0', 'latin1')

/** How the bytes of a frame are stored. */
export const codecRaw = 0
export const codecZstd = 1

/** Where one frame lies in its pack. */
export interface FrameSpan {
  offset: number
  stored: number
  raw: number
  codec: number
}

/** The index section of a pack: a view on its bytes, checked once, that makes no object per chunk. */
export class PackIndex {
  /** The pack's id: BLAKE3 of the section. */
  readonly id: Id
  readonly section: Buffer
  readonly frames: number
  readonly chunks: number
  /** Bytes of all chunks before compression. */
  readonly rawBytes: number
  /** Where the frames end in the pack, and the section begins. */
  readonly end: number
  readonly #view: DataView

  /** @throws ZagiError PACK_CORRUPT unless every length fits the others */
  constructor(section: Uint8Array, id?: Id) {
    this.#view = new DataView(section.buffer, section.byteOffset, section.byteLength)
    this.section = Buffer.from(section.buffer, section.byteOffset, section.byteLength)
    if (section.length < headLength || this.section.toString('latin1', 0, 4) !== magic) {
      failPack(id, 'its index does not begin with "ZPX1"')
    }
    this.frames = this.#view.getUint32(4, true)
    this.chunks = this.#view.getUint32(8, true)
    const length = headLength + this.frames * frameLength + this.chunks * chunkLength
    if (length !== section.length || length > maximumSection) {
      failPack(id, `its index has ${section.length} bytes for ${this.frames} frames and ${this.chunks} chunks`)
    }
    this.id = hash(section)
    if (id !== undefined && id !== this.id) failPack(id, `its index belongs to a pack "${this.id}"`)
    const { end, raw } = this.#check()
    this.end = end
    this.rawBytes = raw
  }

  // Frames lie one behind another, each holds at least one chunk, and exactly the bytes of its chunks.
  #check(): { end: number; raw: number } {
    let offset = packHead.length
    let chunk = 0
    let total = 0
    if (this.frames === 0) failPack(this.id, 'it has no frame')
    for (let frame = 0; frame < this.frames; frame++) {
      const { offset: from, stored, raw, codec } = this.frame(frame)
      const wrong = (why: string) => failPack(this.id, `frame ${frame} ${why}`)
      if (from !== offset) wrong(`begins at ${from} instead of ${offset}`)
      if (this.firstChunk(frame) !== chunk) wrong('begins with a wrong chunk')
      const next = this.firstChunk(frame + 1)
      if (next <= chunk || next > this.chunks) wrong('has no chunk')
      let sum = 0
      for (; chunk < next; chunk++) sum += this.chunkSize(chunk)
      if (sum !== raw || raw > maximumObject + frameTarget) wrong(`says ${raw} bytes for chunks of ${sum}`)
      if (codec !== codecRaw && codec !== codecZstd) wrong(`has the unknown codec ${codec}`)
      if (codec === codecRaw ? stored !== raw : stored >= raw) wrong(`takes ${stored} bytes for ${raw}`)
      offset += stored
      total += raw
    }
    if (total > maximumPackRaw) failPack(this.id, `it would unfold to ${total} bytes`)
    return { end: offset, raw: total }
  }

  frame(frame: number): FrameSpan {
    const at = headLength + frame * frameLength
    return {
      // Above 2^53 the number is rounded, and then no longer follows on the frame before it.
      offset: Number(this.#view.getBigUint64(at, true)),
      stored: this.#view.getUint32(at + 8, true),
      raw: this.#view.getUint32(at + 12, true),
      codec: this.#view.getUint8(at + 20),
    }
  }

  /** Number of the frame's first chunk; for the frame behind the last one: the number of chunks. */
  firstChunk(frame: number): number {
    if (frame === this.frames) return this.chunks
    return this.#view.getUint32(headLength + frame * frameLength + 16, true)
  }

  /** Where in `section` the 32 bytes of a chunk's id are. */
  idOffset(chunk: number): number {
    return headLength + this.frames * frameLength + chunk * chunkLength
  }

  chunkId(chunk: number): Id {
    return idAt(this.section, this.idOffset(chunk))
  }

  chunkSize(chunk: number): number {
    return this.#view.getUint32(this.idOffset(chunk) + 32, true)
  }
}

/** Collects what an index section says while a pack is written. */
export class SectionBuilder {
  #frames: Buffer = Buffer.allocUnsafe(64 * frameLength)
  #chunks: Buffer = Buffer.allocUnsafe(512 * chunkLength)
  frames = 0
  chunks = 0

  /** Adds a frame and its chunks: `count` ids of 32 bytes each and their sizes. */
  add(span: FrameSpan, ids: Uint8Array, sizes: ArrayLike<number>, count: number): void {
    this.#frames = withRoom(this.#frames, (this.frames + 1) * frameLength)
    const at = this.frames++ * frameLength
    this.#frames.writeBigUInt64LE(BigInt(span.offset), at)
    this.#frames.writeUInt32LE(span.stored, at + 8)
    this.#frames.writeUInt32LE(span.raw, at + 12)
    this.#frames.writeUInt32LE(this.chunks, at + 16)
    this.#frames[at + 20] = span.codec
    this.#chunks = withRoom(this.#chunks, (this.chunks + count) * chunkLength)
    for (let i = 0; i < count; i++) {
      const to = this.chunks++ * chunkLength
      this.#chunks.set(ids.subarray(i * 32, i * 32 + 32), to)
      this.#chunks.writeUInt32LE(sizes[i]!, to + 32)
    }
  }

  build(): Buffer {
    const head = Buffer.alloc(headLength)
    head.write(magic, 'latin1')
    head.writeUInt32LE(this.frames, 4)
    head.writeUInt32LE(this.chunks, 8)
    const frames = this.#frames.subarray(0, this.frames * frameLength)
    return Buffer.concat([head, frames, this.#chunks.subarray(0, this.chunks * chunkLength)])
  }
}

function withRoom(bytes: Buffer, needed: number): Buffer {
  if (needed <= bytes.length) return bytes
  const larger = Buffer.allocUnsafe(Math.max(needed, bytes.length * 2))
  bytes.copy(larger)
  return larger
}

/** @throws ZagiError PACK_CORRUPT */
export function failPack(id: Id | undefined, why: string): never {
  throw new ZagiError('PACK_CORRUPT', `The pack "${id ?? 'without a name'}" is damaged: ${why}`, {
    hint: 'If it is in your store, remove it there and bring its content back with: zagi pull',
  })
}
