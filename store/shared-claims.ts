import type { IdSet } from './id-set.ts'

const free = 0
const busy = 1
const taken = 2
const headWords = 2

/**
 * A set of chunk ids that several threads add to at once: each chunk is stored by the thread that claims it first.
 * Open addressing in shared memory, whole ids compared. When it is three quarters full every further claim succeeds,
 * and a chunk may be stored twice, which does no harm.
 */
export class SharedClaims implements Pick<IdSet, 'add'> {
  readonly buffer: SharedArrayBuffer
  readonly #states: Int32Array
  readonly #ids: Buffer
  readonly #last: number
  readonly #most: number

  /** @param buffer another thread's, or the number of slots of a new one: a power of two */
  constructor(buffer: SharedArrayBuffer | number) {
    this.buffer = typeof buffer === 'number' ? new SharedArrayBuffer(headWords * 4 + buffer * 36) : buffer
    const slots = (this.buffer.byteLength - headWords * 4) / 36
    this.#states = new Int32Array(this.buffer, 0, headWords + slots)
    this.#ids = Buffer.from(this.buffer, (headWords + slots) * 4, slots * 32)
    this.#last = slots - 1
    this.#most = slots * 0.75
  }

  /** Claims the id at `at`. @returns false if a thread has it already */
  add(ids: Buffer, at: number): boolean {
    if (Atomics.load(this.#states, 0) >= this.#most) return true
    let slot = ids.readUInt32LE(at + 8) & this.#last
    for (;;) {
      const state = Atomics.compareExchange(this.#states, headWords + slot, free, busy)
      if (state === free) {
        ids.copy(this.#ids, slot * 32, at, at + 32)
        Atomics.store(this.#states, headWords + slot, taken)
        Atomics.notify(this.#states, headWords + slot)
        Atomics.add(this.#states, 0, 1)
        return true
      }
      // The other thread copies 32 bytes; where it lost its core meanwhile, this one gives it up too.
      if (state === busy) Atomics.wait(this.#states, headWords + slot, busy, 1)
      else if (this.#ids.compare(ids, at, at + 32, slot * 32, slot * 32 + 32) === 0) return false
      else slot = (slot + 1) & this.#last
    }
  }
}
