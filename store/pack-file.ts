import { closeSync, fchmodSync, fsync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  crashPoint,
  ensureFolder,
  explaining,
  explainSystemError,
  fsyncFolder,
  temporaryBeside,
  writeFully,
} from '../base/index.ts'
import { hash } from './hash.ts'
import { packChunkTarget, packRawTarget, packTarget } from './limits.ts'
import { encodeFooter } from './pack-footer.ts'
import { packHead, SectionBuilder } from './pack-index.ts'
import type { Id } from './types.ts'

/** A durable pack whose chunks are not in the index yet: plain data, so that a worker thread can hand it over. */
export interface FinishedPack {
  id: Id
  /** Its index section. */
  section: Uint8Array
  /** Bytes of the pack file. */
  size: number
}

/** The path of a pack below a store's `packs` folder. */
export function packPath(packsFolder: string, id: Id): string {
  return join(packsFolder, id.slice(0, 2), `${id}.pack`)
}

const bufferLength = 1024 * 1024
const fsyncLater = promisify(fsync)

/** One pack file being written, front to back, under a temporary name. */
export class PackFile {
  readonly #folder: string
  readonly path: string
  readonly #file: number
  readonly #section = new SectionBuilder()
  readonly #buffer: Buffer = Buffer.allocUnsafe(bufferLength)
  #buffered = 0
  #position = 0
  #rawBytes = 0
  #open = true
  #failed: unknown

  /** @param folder a store's `packs` folder */
  constructor(folder: string) {
    this.#folder = folder
    ensureFolder(folder)
    this.path = temporaryBeside(join(folder, 'pack'))
    this.#file = explaining('write', this.path, () => openSync(this.path, 'wx'))
    this.#write(packHead)
  }

  /** True if a frame that takes `bytes` belongs into another pack, because this one has its size. */
  isFullFor(bytes: number): boolean {
    if (this.#section.frames > 0 && this.#position + bytes > packTarget * 1.125) return true
    return this.#position >= packTarget || this.#rawBytes >= packRawTarget || this.#section.chunks >= packChunkTarget
  }

  /** Adds a frame: `count` chunks with 32 bytes of `ids` each and their sizes, `raw` bytes together. */
  addFrame(frame: { codec: number; stored: Uint8Array; raw: number }, ids: Uint8Array, sizes: ArrayLike<number>): void {
    const { codec, stored, raw } = frame
    this.#section.add({ offset: this.#position, stored: stored.length, raw, codec }, ids, sizes, sizes.length)
    this.#rawBytes += raw
    this.#write(stored)
  }

  #write(bytes: Uint8Array): void {
    this.#position += bytes.length
    if (this.#buffered + bytes.length > bufferLength) this.#flush()
    if (bytes.length > bufferLength) {
      this.#writeNow(bytes)
    } else {
      this.#buffer.set(bytes, this.#buffered)
      this.#buffered += bytes.length
    }
  }

  #flush(): void {
    this.#writeNow(this.#buffer.subarray(0, this.#buffered))
    this.#buffered = 0
  }

  // After a failure (a full disk) the file lacks bytes that its index would name: nothing can mend it.
  #writeNow(bytes: Uint8Array): void {
    if (this.#failed !== undefined) throw this.#failed
    try {
      writeFully(this.#file, bytes)
    } catch (error) {
      this.#failed = explainSystemError(error, 'write', this.path)
      throw this.#failed
    }
  }

  /** Writes index and footer, and answers what the pack is; its bytes are not durable yet. */
  close(): FinishedPack {
    const section = this.#section.build()
    const offset = this.#position
    this.#write(section)
    this.#write(encodeFooter(section, offset))
    this.#flush()
    return { id: hash(section), section, size: this.#position }
  }

  /** Makes the pack durable under its name. A kill before the rename leaves a temporary file that nothing refers to. */
  async publish(id: Id): Promise<void> {
    const path = packPath(this.#folder, id)
    try {
      fchmodSync(this.#file, 0o444)
      await fsyncLater(this.#file)
      this.#close()
      crashPoint('pack:written')
      ensureFolder(dirname(path))
      renameSync(this.path, path)
      fsyncFolder(dirname(path))
      fsyncFolder(this.#folder)
      crashPoint('pack:renamed')
    } catch (error) {
      throw explainSystemError(error, 'write', path)
    }
  }

  /** Leaves nothing behind of a pack that was not published. */
  discard(): void {
    this.#close()
    rmSync(this.path, { force: true })
  }

  #close(): void {
    if (this.#open) closeSync(this.#file)
    this.#open = false
  }
}
