import { encodeFrame } from './frame.ts'
import { frameTarget } from './limits.ts'
import { type FinishedPack, PackFile } from './pack-file.ts'

/**
 * Content and metadata (trees and recipes) fill frames of their own, so that walking a thousand directories reads a few
 * frames and not one for each.
 */
export type Lane = 'content' | 'metadata'

/** Chunks of one frame being gathered, in the order in which they were added. */
class FrameBuilder {
  readonly raw: Buffer = Buffer.allocUnsafe(frameTarget)
  length = 0
  ids: Buffer = Buffer.allocUnsafe(64 * 32)
  sizes: number[] = []

  add(ids: Uint8Array, at: number, bytes: Uint8Array): void {
    this.raw.set(bytes, this.length)
    this.length += bytes.length
    const count = this.sizes.push(bytes.length)
    if (count * 32 > this.ids.length) this.ids = Buffer.concat([this.ids, this.ids])
    for (let i = 0; i < 32; i++) this.ids[count * 32 - 32 + i] = ids[at + i]!
  }

  clear(): void {
    this.length = 0
    this.sizes = []
  }
}

/**
 * Writes chunks into packs below a store's `packs` folder, one pack after another. Nothing is visible before `finish`,
 * and not even then until the packs are in the index. For one thread; any number of writers may work on one folder.
 */
export class PackWriter {
  readonly #folder: string
  readonly #lanes: Partial<Record<Lane, FrameBuilder>> = {}
  readonly #unpublished = new Set<PackFile>()
  #file: PackFile | undefined
  #publishing: Promise<FinishedPack>[] = []
  #failure: unknown

  constructor(packsFolder: string) {
    this.#folder = packsFolder
  }

  /** Adds a chunk that is not in the store yet; its id is the 32 bytes of `ids` at `at`. The bytes are copied. */
  add(ids: Uint8Array, at: number, bytes: Uint8Array, lane: Lane = 'content'): void {
    this.#lanes[lane] ??= new FrameBuilder()
    const frame = this.#lanes[lane]
    if (frame.length + bytes.length > frameTarget) this.#flush(frame)
    if (bytes.length > frameTarget) {
      this.#store(bytes, ids.subarray(at, at + 32), [bytes.length])
    } else {
      frame.add(ids, at, bytes)
    }
  }

  /** Adds a frame as it is stored elsewhere, checked by the caller. */
  addFrame(frame: { codec: number; stored: Uint8Array; raw: number }, ids: Uint8Array, sizes: ArrayLike<number>): void {
    this.#write(frame, ids, sizes)
  }

  #flush(frame: FrameBuilder): void {
    if (frame.sizes.length === 0) return
    this.#store(frame.raw.subarray(0, frame.length), frame.ids, frame.sizes)
    frame.clear()
  }

  #store(raw: Uint8Array, ids: Uint8Array, sizes: number[]): void {
    const { codec, stored } = encodeFrame(raw)
    this.#write({ codec, stored, raw: raw.length }, ids, sizes)
  }

  // Once a write failed (a full disk) chunks are lost that others may name: the writer can only fail from then on. The
  // unfinished pack goes at once, those before it stay.
  #write(frame: { codec: number; stored: Uint8Array; raw: number }, ids: Uint8Array, sizes: ArrayLike<number>): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#place(frame.stored.length).addFrame(frame, ids, sizes)
    } catch (error) {
      this.#failure = error
      if (this.#file !== undefined) this.#discard(this.#file)
      throw error
    }
  }

  #discard(file: PackFile): void {
    if (file === this.#file) this.#file = undefined
    this.#unpublished.delete(file)
    file.discard()
  }

  #place(bytes: number): PackFile {
    if (this.#file?.isFullFor(bytes)) this.#publish(this.#file)
    this.#file ??= new PackFile(this.#folder)
    this.#unpublished.add(this.#file)
    return this.#file
  }

  // The disk works while the next pack is being filled.
  #publish(file: PackFile): void {
    const pack = file.close()
    this.#file = undefined
    const published = file.publish(pack.id).then(() => {
      this.#unpublished.delete(file)
      return pack
    })
    published.catch(() => {})
    this.#publishing.push(published)
  }

  /** Waits for the packs that were filled so far and answers them, so that they can be indexed early. */
  async published(): Promise<FinishedPack[]> {
    const publishing = this.#publishing
    this.#publishing = []
    return Promise.all(publishing)
  }

  /** True while filled packs wait to be collected by `published`. */
  get hasPublished(): boolean {
    return this.#publishing.length > 0
  }

  /** Makes all packs durable and answers those that were not collected yet. @throws ZagiError DISK_FULL, … */
  async finish(): Promise<FinishedPack[]> {
    const publishing = this.#publishing
    try {
      if (this.#failure !== undefined) throw this.#failure
      for (const frame of Object.values(this.#lanes)) this.#flush(frame)
      if (this.#file !== undefined) this.#publish(this.#file)
      return await this.published()
    } catch (error) {
      await Promise.allSettled(publishing)
      this.abort()
      throw error
    }
  }

  /** Gives up: removes what is not durable yet. */
  abort(): void {
    for (const file of this.#unpublished) this.#discard(file)
  }
}
