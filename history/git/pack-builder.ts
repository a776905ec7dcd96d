import { createHash, hash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import { ZagiError } from '../../base/index.ts'
import type { ObjectKind } from './git-object.ts'
import { encodeEntryHeader } from './pack-entry.ts'

/** A finished pack with its index (version 2). */
export interface BuiltPack {
  /** `pack-<sha1 of the pack>`. */
  name: string
  pack: Buffer
  index: Buffer
  objects: number
}

/** One object of a pack, for its index. */
export interface IndexedEntry {
  id: string
  offset: number
  /** CRC-32 of the entry as it lies in the pack. */
  crc: number
}

// Positions from here on would need the large-offset table; packs of this size are not made in memory.
const maximumPack = 0x7fff_ffff

/** Puts a pack together in memory. */
export class PackBuilder {
  readonly #parts: Buffer[] = []
  readonly #entries: IndexedEntry[] = []
  #length = 12

  /** Bytes so far. */
  get length(): number {
    return this.#length
  }

  get objects(): number {
    return this.#entries.length
  }

  add(id: string, kind: ObjectKind, bytes: Uint8Array): void {
    this.addCompressed(id, encodeEntryHeader(kind, bytes.length), deflateSync(bytes))
  }

  /** Adds an entry that is compressed already; `header` as of {@link encodeEntryHeader}. Answers its position. */
  addCompressed(id: string, header: Buffer, compressed: Buffer): number {
    const offset = this.#length
    this.#entries.push({ id, offset, crc: crc32(compressed, crc32(header)) })
    this.#parts.push(header, compressed)
    this.#length += header.length + compressed.length
    if (this.#length > maximumPack) {
      throw new ZagiError('TOO_LARGE', `A Git pack would have more than ${maximumPack} bytes`, {
        hint: 'Push older commits first, a branch at a time',
      })
    }
    return offset
  }

  /** Position the next entry will have. */
  get next(): number {
    return this.#length
  }

  finish(): BuiltPack {
    const start = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
    start.writeUInt32BE(this.#entries.length, 8)
    const sum = createHash('sha1').update(start)
    for (const part of this.#parts) sum.update(part)
    const trailer = sum.digest()
    const pack = Buffer.concat([start, ...this.#parts, trailer])
    const index = encodePackIndex(this.#entries, trailer)
    return { name: `pack-${trailer.toString('hex')}`, pack, index, objects: this.#entries.length }
  }
}

/** The idx file (version 2) of a pack of less than 2 GiB. */
export function encodePackIndex(entries: IndexedEntry[], packTrailer: Buffer): Buffer {
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const count = sorted.length
  const bytes = Buffer.alloc(8 + 1024 + count * 28 + 40)
  bytes.writeUInt32BE(0xff744f63, 0)
  bytes.writeUInt32BE(2, 4)
  sorted.forEach(({ id, offset, crc }, i) => {
    bytes.write(id, 1032 + i * 20, 'hex')
    bytes.writeUInt32BE(crc, 1032 + count * 20 + i * 4)
    bytes.writeUInt32BE(offset, 1032 + count * 24 + i * 4)
  })
  let through = 0
  for (let byte = 0; byte < 256; byte++) {
    while (through < count && bytes[1032 + through * 20]! <= byte) through++
    bytes.writeUInt32BE(through, 8 + byte * 4)
  }
  packTrailer.copy(bytes, bytes.length - 40)
  bytes.write(hash('sha1', bytes.subarray(0, bytes.length - 20)), bytes.length - 20, 'hex')
  return bytes
}
