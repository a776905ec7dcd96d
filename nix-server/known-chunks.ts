import { randomBytes } from 'node:crypto'
import type { PackIndex } from '../store/index.ts'

/** Where a chunk lies. */
export interface ChunkPlace {
  pack: PackIndex
  /** The pack's number in this table. */
  packNumber: number
  /** The chunk's number in the pack. */
  chunk: number
  frame: number
  /** Names the chunk in this table. */
  entry: number
}

const empty = -1
const firstSlots = 1024

/**
 * Finds chunks by their id, or by the beginning of it: an open-addressing table of numbers over the packs' index
 * sections, about 55 bytes a chunk and no object per chunk. It is a cache: the storage's index files are the truth.
 */
export class KnownChunks {
  readonly #packs: PackIndex[] = []
  readonly #names = new Set<string>()
  // Entry → number of its pack, and number of the chunk in it.
  #packOf = new Uint32Array(firstSlots / 2)
  #chunkOf = new Uint32Array(firstSlots / 2)
  #slots = new Int32Array(firstSlots).fill(empty)
  #count = 0
  // Ids are chosen by whoever uploads: without a secret, many of them could be made to fall into one place.
  readonly #secret = randomBytes(8)

  hasPack(id: string): boolean {
    return this.#names.has(id)
  }

  /** Adds all chunks of a pack; those that another pack has already stay where they were found first. */
  add(pack: PackIndex): void {
    if (this.#names.has(pack.id)) return
    this.#names.add(pack.id)
    const number = this.#packs.push(pack) - 1
    this.#makeRoom(this.#count + pack.chunks)
    for (let chunk = 0; chunk < pack.chunks; chunk++) {
      const at = pack.idOffset(chunk)
      const slot = this.#slotOf(pack.section, at, 32)
      if (this.#slots[slot] !== empty) continue
      this.#packOf[this.#count] = number
      this.#chunkOf[this.#count] = chunk
      this.#slots[slot] = this.#count++
    }
  }

  /** True if a chunk is here whose id begins with the `length` bytes at `at`; at least 8. */
  has(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#slots[this.#slotOf(bytes, at, length)] !== empty
  }

  /** Where the chunk with this id lies. */
  find(id: string): ChunkPlace | undefined {
    const entry = this.#slots[this.#slotOf(Buffer.from(id, 'hex'), 0, 32)]!
    if (entry === empty) return undefined
    const packNumber = this.#packOf[entry]!
    const pack = this.#packs[packNumber]!
    const chunk = this.#chunkOf[entry]!
    return { pack, packNumber, chunk, frame: frameOf(pack, chunk), entry }
  }

  /** The id of the pack with this number. */
  packId(number: number): string {
    return this.#packs[number]!.id
  }

  // The slot that holds the id, or the free one where it would go.
  #slotOf(bytes: Uint8Array, at: number, length: number): number {
    const mask = this.#slots.length - 1
    for (let slot = this.#hash(bytes, at) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry === empty || this.#equals(entry, bytes, at, length)) return slot
    }
  }

  #equals(entry: number, bytes: Uint8Array, at: number, length: number): boolean {
    const pack = this.#packs[this.#packOf[entry]!]!
    const from = pack.idOffset(this.#chunkOf[entry]!)
    for (let i = 0; i < length; i++) if (pack.section[from + i] !== bytes[at + i]) return false
    return true
  }

  #hash(bytes: Uint8Array, at: number): number {
    let hash = 0
    for (let i = 0; i < 8; i++)
      hash = Math.imul(hash ^ bytes[at + i]! ^ (this.#secret[i]! << 8), 0x9e3779b1) ^ (hash >>> 15)
    return hash >>> 0
  }

  #makeRoom(entries: number): void {
    if (entries > this.#packOf.length) {
      const room = Math.max(entries, this.#packOf.length * 2)
      this.#packOf = grown(this.#packOf, room)
      this.#chunkOf = grown(this.#chunkOf, room)
    }
    let slots = this.#slots.length
    while (entries * 2 > slots) slots *= 2
    if (slots === this.#slots.length) return
    this.#slots = new Int32Array(slots).fill(empty)
    for (let entry = 0; entry < this.#count; entry++) {
      const pack = this.#packs[this.#packOf[entry]!]!
      this.#slots[this.#slotOf(pack.section, pack.idOffset(this.#chunkOf[entry]!), 32)] = entry
    }
  }
}

function grown(old: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length)
  larger.set(old)
  return larger
}

/** The number of the frame that holds a chunk. */
function frameOf(pack: PackIndex, chunk: number): number {
  let low = 0
  let high = pack.frames - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (pack.firstChunk(middle) <= chunk) low = middle
    else high = middle - 1
  }
  return low
}
