import { encodeRecipe } from './blob.ts'
import { cutChunks } from './chunker.ts'
import { hashInto } from './hash.ts'
import { idAt } from './id.ts'
import { IdSet } from './id-set.ts'
import { type Lane, PackWriter } from './pack-writer.ts'
import type { LocalStore } from './store.ts'
import { encodeTree } from './tree.ts'
import type { BlobRef, Id, StoreWriter, Tree, WriteResult } from './types.ts'

/** The writer of a local store, for one thread. */
export class LocalWriter implements StoreWriter {
  readonly #store: LocalStore
  readonly #packs: PackWriter
  readonly #added = new IdSet()
  readonly #ends: number[] = []
  #ids: Buffer = Buffer.alloc(64 * 32)
  #newBytes = 0
  #open = true

  constructor(store: LocalStore) {
    this.#store = store
    this.#packs = new PackWriter(store.packsFolder)
  }

  add(bytes: Uint8Array): Id {
    this.#addAt(bytes, 0, 'content')
    return idAt(this.#ids, 0)
  }

  addTree(tree: Tree): Id {
    this.#addAt(encodeTree(tree), 0, 'metadata')
    return idAt(this.#ids, 0)
  }

  addBlob(bytes: Uint8Array): BlobRef {
    const count = cutChunks(bytes, this.#ends)
    if (count === 1) return { id: this.add(bytes), size: bytes.length, chunked: false }
    if (count * 32 > this.#ids.length) this.#ids = Buffer.alloc(count * 64)
    let start = 0
    for (let chunk = 0; chunk < count; chunk++) {
      const end = this.#ends[chunk]!
      this.#addAt(bytes.subarray(start, end), chunk * 32, 'content')
      start = end
    }
    this.#addAt(encodeRecipe(this.#ids, this.#ends, count), 0, 'metadata')
    return { id: idAt(this.#ids, 0), size: bytes.length, chunked: true }
  }

  /** Adds a chunk, and leaves its id at `at` in `#ids`. */
  #addAt(bytes: Uint8Array, at: number, lane: Lane): void {
    if (!this.#open) throw new Error('Bug: this writer is closed')
    hashInto(bytes, this.#ids, at)
    if (this.#store.index.has(this.#ids, at) || !this.#added.add(this.#ids, at)) return
    this.#newBytes += bytes.length
    this.#packs.add(this.#ids, at, bytes, lane)
  }

  async finish(): Promise<WriteResult> {
    this.#open = false
    const packs = await this.#packs.finish()
    this.#store.commit(packs)
    return {
      packs: packs.map((pack) => pack.id),
      newChunks: this.#added.size,
      newBytes: this.#newBytes,
      storedBytes: packs.reduce((sum, pack) => sum + pack.size, 0),
    }
  }

  abort(): void {
    this.#open = false
    this.#packs.abort()
  }
}
