/** A set of ids (32 bytes each) in flat memory: no object per id. */
export class IdSet {
  // 0 is free, n is the id number n - 1.
  #slots: Uint32Array
  #ids: Buffer
  size = 0

  constructor(expected = 512) {
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(expected * 2)))
    this.#ids = Buffer.allocUnsafe(expected * 32)
  }

  /** Adds the id at `at`. @returns false if it was there already */
  add(ids: Buffer, at: number): boolean {
    const slot = this.#slotOf(ids, at)
    if (this.#slots[slot] !== 0) return false
    if (this.size * 32 === this.#ids.length) this.#ids = Buffer.concat([this.#ids, Buffer.alloc(this.#ids.length)])
    ids.copy(this.#ids, this.size * 32, at, at + 32)
    this.#slots[slot] = ++this.size
    if (this.size * 2 > this.#slots.length) this.#grow()
    return true
  }

  has(ids: Buffer, at: number): boolean {
    return this.#slots[this.#slotOf(ids, at)] !== 0
  }

  // An id's first bytes are a hash already; another part than the chunk index uses, so that both stay independent.
  #slotOf(ids: Buffer, at: number): number {
    const last = this.#slots.length - 1
    let slot = ids.readUInt32LE(at + 8) & last
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      const from = (held - 1) * 32
      if (this.#ids.compare(ids, at, at + 32, from, from + 32) === 0) break
      slot = (slot + 1) & last
    }
    return slot
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let i = 0; i < this.size; i++) this.#slots[this.#slotOf(this.#ids, i * 32)] = i + 1
  }
}
