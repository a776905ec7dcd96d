import { IdSet } from './id-set.ts'

const free = 0
const busy = 1
const taken = 2
// Word 0 counts the claims.
const headWords = 1

/** Slots of a new set, 36 bytes each: for some 200,000 chunks, about ten gigabytes. */
const defaultSlots = 2 ** 18

/**
 * A set of chunk ids that several threads add to at once: each chunk is stored by the thread that claims it first.
 * Open addressing in shared memory, whole ids compared. Once it is three quarters full each thread goes on with a set of
 * its own, and a chunk may be stored twice, which does no harm.
 */
export class SharedClaims implements Pick<IdSet, 'add'> {
  readonly buffer: SharedArrayBuffer
  readonly #states: Int32Array
  readonly #ids: Buffer
  readonly #last: number
  readonly #most: number
  #own: IdSet | undefined

  /** @param shared the buffer of another thread's object; default: a new, empty set */
  constructor(shared?: SharedArrayBuffer, newSlots = defaultSlots) {
    this.buffer = shared ?? new SharedArrayBuffer(headWords * 4 + newSlots * 36)
    const slots = (this.buffer.byteLength - headWords * 4) / 36
    this.#states = new Int32Array(this.buffer, 0, headWords + slots)
    this.#ids = Buffer.from(this.buffer, (headWords + slots) * 4, slots * 32)
    this.#last = slots - 1
    this.#most = slots * 0.75
  }

  /** Claims the id at `at`. @returns false if a thread has it already */
  add(ids: Buffer, at: number): boolean {
    const states = this.#states
    const isFull = Atomics.load(states, 0) >= this.#most
    let slot = ids.readUInt32LE(at + 8) & this.#last
    for (;;) {
      const word = headWords + slot
      const state = Atomics.compareExchange(states, word, free, isFull ? free : busy)
      if (state === free) {
        if (isFull) return this.#addOwn(ids, at)
        ids.copy(this.#ids, slot * 32, at, at + 32)
        Atomics.store(states, word, taken)
        Atomics.notify(states, word)
        Atomics.add(states, 0, 1)
        return true
      }
      // The other thread only copies 32 bytes; where it lost its core meanwhile, this one makes room.
      if (state === busy) Atomics.wait(states, word, busy, 1)
      else if (this.#ids.compare(ids, at, at + 32, slot * 32, slot * 32 + 32) === 0) return false
      else slot = (slot + 1) & this.#last
    }
  }

  #addOwn(ids: Buffer, at: number): boolean {
    this.#own ??= new IdSet()
    return this.#own.add(ids, at)
  }
}
