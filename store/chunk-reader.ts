import { closeSync, openSync } from 'node:fs'
import { errnoOf, explainSystemError, ZagiError } from '../base/index.ts'
import type { ChunkIndex, Place } from './chunk-index.ts'
import { decodeFrame } from './frame.ts'
import { hashInto } from './hash.ts'
import { idAt } from './id.ts'
import type { Segment } from './index-segment.ts'
import { packPath } from './pack-file.ts'
import { readFileAt } from './pack-footer.ts'
import { failPack } from './pack-index.ts'
import type { Id } from './types.ts'

const cachedBytes = 16 * 1024 * 1024
const openPacks = 64

/** Reads and verifies chunks of local packs. Keeps the last frames, so that neighbours cost one decompression. */
export class ChunkReader {
  /** Replaced when there are new packs. */
  index: ChunkIndex
  readonly #packsFolder: string
  readonly #files = new Map<Id, number>()
  readonly #frames = new Map<number, Uint8Array>()
  #cached = 0
  readonly #place: Partial<Place> = {}
  readonly #hash: Buffer = Buffer.alloc(32)

  constructor(packsFolder: string, index: ChunkIndex) {
    this.#packsFolder = packsFolder
    this.index = index
  }

  /**
   * The chunk whose id is at `at`: a view that the caller must not write to.
   * @returns undefined if the index does not have it, or if its pack is gone
   * @throws ZagiError CHUNK_CORRUPT, PACK_CORRUPT
   */
  read(ids: Buffer, at: number): Uint8Array | undefined {
    const place = this.#place
    if (!this.index.locate(ids, at, place)) return undefined
    const frame = this.#frame(place.segment, place.frame)
    if (frame === undefined) return undefined
    const chunk = frame.subarray(place.offset, place.offset + place.size)
    hashInto(chunk, this.#hash, 0)
    if (this.#hash.compare(ids, at, at + 32) !== 0) {
      const pack = place.segment.packId(place.segment.framePack(place.frame))
      throw new ZagiError('CHUNK_CORRUPT', `The chunk "${idAt(ids, at)}" is damaged in the pack "${pack}"`, {
        hint: 'Remove that pack from the store, then bring its content back with: zagi pull',
      })
    }
    return chunk
  }

  #frame(segment: Segment, number: number): Uint8Array | undefined {
    const key = segment.serial * 2 ** 32 + number
    const cached = this.#frames.get(key)
    if (cached !== undefined) {
      this.#frames.delete(key)
      this.#frames.set(key, cached)
      return cached
    }
    const frame = this.#load(segment, number)
    if (frame === undefined) return undefined
    this.#frames.set(key, frame)
    this.#cached += frame.length
    for (const [oldest, bytes] of this.#frames) {
      if (this.#cached <= cachedBytes || oldest === key) break
      this.#frames.delete(oldest)
      this.#cached -= bytes.length
    }
    return frame
  }

  #load(segment: Segment, number: number): Uint8Array | undefined {
    const pack = segment.packId(segment.framePack(number))
    const file = this.#open(pack)
    if (file === undefined) return undefined
    const { offset, stored, raw, codec } = segment.frame(number)
    const bytes = readFileAt(file, pack)(offset, stored)
    return decodeFrame(bytes, codec, raw) ?? failPack(pack, `the frame at ${offset} does not unfold`)
  }

  #open(pack: Id): number | undefined {
    const path = packPath(this.#packsFolder, pack)
    let file = this.#files.get(pack)
    this.#files.delete(pack)
    try {
      file ??= openSync(path, 'r')
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw explainSystemError(error, 'read', path)
    }
    this.#files.set(pack, file)
    for (const [oldest, descriptor] of this.#files) {
      if (this.#files.size <= openPacks) break
      this.#files.delete(oldest)
      closeSync(descriptor)
    }
    return file
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file)
    this.#files.clear()
    this.#frames.clear()
    this.#cached = 0
  }
}
