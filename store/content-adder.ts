import { encodeRecipe } from './blob.ts'
import { cutChunks } from './chunker.ts'
import { hashInto } from './hash.ts'
import type { Lane } from './pack-writer.ts'

/** Takes chunks with the 32 bytes of their id at `at`. The bytes are only valid during the call. */
export interface ChunkSink {
  add(ids: Buffer, at: number, bytes: Uint8Array, lane: Lane): void
}

/**
 * Cuts content that arrives in pieces, hashes the chunks and hands them on: memory stays flat whatever the size.
 * One object serves any number of contents, one after the other.
 */
export class ContentAdder {
  readonly #sink: ChunkSink
  readonly #cuts: number[] = []
  #ids: Buffer = Buffer.alloc(64 * 32)
  #ends: number[] = []
  #length = 0

  constructor(sink: ChunkSink) {
    this.#sink = sink
  }

  /** Begins a content, forgetting one that was given up. */
  begin(): void {
    this.#ends = []
    this.#length = 0
  }

  /**
   * Takes a piece, which must be longer than the largest chunk unless it is the last one.
   * @returns how many bytes were taken: the rest must begin the next piece. All of the last one.
   */
  add(piece: Uint8Array, isLast: boolean): number {
    const cuts = cutChunks(piece, this.#cuts)
    const whole = isLast ? cuts : cuts - 1
    let start = 0
    for (let cut = 0; cut < whole; cut++) {
      const end = this.#cuts[cut]!
      this.#chunk(start === 0 && end === piece.length ? piece : piece.subarray(start, end))
      start = end
    }
    return start
  }

  #chunk(bytes: Uint8Array): void {
    const at = this.#ends.length * 32
    if (at === this.#ids.length) this.#ids = Buffer.concat([this.#ids, this.#ids])
    hashInto(bytes, this.#ids, at)
    this.#sink.add(this.#ids, at, bytes, 'content')
    this.#length += bytes.length
    this.#ends.push(this.#length)
  }

  /**
   * Ends the content and writes its id's 32 bytes to `target` at `at`.
   * @returns true if that is the id of a recipe
   */
  end(target: Buffer, at: number): boolean {
    const count = this.#ends.length
    if (count === 1) {
      this.#ids.copy(target, at, 0, 32)
      return false
    }
    const recipe = encodeRecipe(this.#ids, this.#ends, count)
    hashInto(recipe, target, at)
    this.#sink.add(target, at, recipe, 'metadata')
    return true
  }
}
