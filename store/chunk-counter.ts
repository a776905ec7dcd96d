import type { ChunkSink } from './content-adder.ts'
import type { IdSet } from './id-set.ts'
import type { Lane } from './pack-writer.ts'

/** Chunks that one thread met first. */
export interface CountedChunks {
  /** All chunks that went by, repeats too. */
  total: number
  /** 32 bytes a chunk. */
  ids: Uint8Array
  sizes: number[]
}

/** Counts content chunks and stores none. */
export class ChunkCounter implements ChunkSink {
  readonly #claims: Pick<IdSet, 'add'>
  #total = 0
  #ids: Buffer = Buffer.alloc(1024 * 32)
  readonly #sizes: number[] = []

  constructor(claims: Pick<IdSet, 'add'>) {
    this.#claims = claims
  }

  add(ids: Buffer, at: number, bytes: Uint8Array, lane: Lane): void {
    if (lane !== 'content') return
    this.#total++
    if (!this.#claims.add(ids, at)) return
    const to = this.#sizes.length * 32
    if (to === this.#ids.length) this.#ids = Buffer.concat([this.#ids, this.#ids])
    ids.copy(this.#ids, to, at, at + 32)
    this.#sizes.push(bytes.length)
  }

  finish(): CountedChunks {
    return { total: this.#total, ids: this.#ids.subarray(0, this.#sizes.length * 32), sizes: this.#sizes }
  }
}
