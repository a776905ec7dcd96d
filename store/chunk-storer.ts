import type { ChunkIndex } from './chunk-index.ts'
import type { ChunkSink } from './content-adder.ts'
import type { IdSet } from './id-set.ts'
import type { FinishedPack } from './pack-file.ts'
import { type Lane, PackWriter } from './pack-writer.ts'

/** What one thread stored. Plain data, so that a worker can hand it over. */
export interface Stored {
  packs: FinishedPack[]
  newChunks: number
  newBytes: number
}

/** Writes the chunks that neither the store nor another thread has into packs. */
export class ChunkStorer implements ChunkSink {
  readonly #index: ChunkIndex
  readonly #claims: Pick<IdSet, 'add'>
  readonly #packs: PackWriter
  #newChunks = 0
  #newBytes = 0

  constructor(options: { packsFolder: string; index: ChunkIndex; claims: Pick<IdSet, 'add'> }) {
    this.#index = options.index
    this.#claims = options.claims
    this.#packs = new PackWriter(options.packsFolder)
  }

  add(ids: Buffer, at: number, bytes: Uint8Array, lane: Lane): void {
    if (this.#index.has(ids, at) || !this.#claims.add(ids, at)) return
    this.#newChunks++
    this.#newBytes += bytes.length
    this.#packs.add(ids, at, bytes, lane)
  }

  /** Makes the packs durable; they are not in the index yet. */
  async finish(): Promise<Stored> {
    return { packs: await this.#packs.finish(), newChunks: this.#newChunks, newBytes: this.#newBytes }
  }

  abort(): void {
    this.#packs.abort()
  }
}
