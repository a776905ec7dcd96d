import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { explaining } from '../../base/index.ts'
import { corrupt } from './git-object.ts'

const header = 8
const idsAt = header + 256 * 4

/** The idx file of a pack (version 2): where in the pack each object is. Buckets by first byte are read when asked for. */
export class PackIndex {
  readonly path: string
  readonly count: number
  /** SHA-1 at the end of the pack that this index belongs to. */
  readonly packTrailer: Buffer
  readonly #file: number
  readonly #fanout: Uint32Array
  readonly #largeOffsets: number
  readonly #buckets: (Buffer | undefined)[] = []

  /** @throws ZagiError GIT_OBJECT_CORRUPT */
  constructor(path: string) {
    this.path = path
    this.#file = explaining('open', path, () => openSync(path, 'r'))
    try {
      const size = fstatSync(this.#file).size
      const start = this.#read(0, Math.min(idsAt, size))
      if (start.length < idsAt || start.readUInt32BE(0) !== 0xff744f63 || start.readUInt32BE(4) !== 2) {
        throw corrupt(`"${path}" is not a pack index of version 2`)
      }
      this.#fanout = new Uint32Array(256)
      for (let byte = 0; byte < 256; byte++) this.#fanout[byte] = start.readUInt32BE(header + byte * 4)
      for (let byte = 1; byte < 256; byte++) {
        if (this.#fanout[byte]! < this.#fanout[byte - 1]!)
          throw corrupt(`The counts in the pack index "${path}" decrease`)
      }
      this.count = this.#fanout[255]!
      this.#largeOffsets = (size - idsAt - this.count * 28 - 40) / 8
      if (!Number.isInteger(this.#largeOffsets) || this.#largeOffsets < 0 || this.#largeOffsets > this.count) {
        throw corrupt(`The pack index "${path}" has ${size} bytes, which does not fit ${this.count} objects`)
      }
      this.packTrailer = this.#read(size - 40, 20)
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** Position of the object in the pack; undefined where the pack does not have it. */
  find(id: string): number | undefined {
    const first = Number.parseInt(id.slice(0, 2), 16)
    const ids = this.#bucket(first)
    const wanted = Buffer.from(id, 'hex')
    let low = 0
    let high = ids.length / 20
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = ids.compare(wanted, 0, 20, middle * 20, middle * 20 + 20)
      if (order === 0) return this.#offset(this.#start(first) + middle)
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  /** Ids that start with `prefix`, of two hex digits or more. */
  withPrefix(prefix: string): string[] {
    const ids = this.#bucket(Number.parseInt(prefix.slice(0, 2), 16))
    const found: string[] = []
    for (let at = 0; at < ids.length; at += 20) {
      const id = ids.toString('hex', at, at + 20)
      if (id.startsWith(prefix)) found.push(id)
    }
    return found
  }

  /** All ids with their positions. */
  *entries(): Generator<[id: string, offset: number]> {
    for (let first = 0; first < 256; first++) {
      const ids = this.#bucket(first)
      for (let at = 0; at < ids.length; at += 20) {
        yield [ids.toString('hex', at, at + 20), this.#offset(this.#start(first) + at / 20)]
      }
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #start(first: number): number {
    return first === 0 ? 0 : this.#fanout[first - 1]!
  }

  #bucket(first: number): Buffer {
    const start = this.#start(first)
    this.#buckets[first] ??= this.#read(idsAt + start * 20, (this.#fanout[first]! - start) * 20)
    return this.#buckets[first]
  }

  #offset(index: number): number {
    const small = this.#read(idsAt + this.count * 24 + index * 4, 4).readUInt32BE(0)
    if (small < 0x8000_0000) return small
    const large = small - 0x8000_0000
    if (large >= this.#largeOffsets) throw corrupt(`The pack index "${this.path}" points outside of itself`)
    const offset = this.#read(idsAt + this.count * 28 + large * 8, 8).readBigUInt64BE(0)
    if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`The pack index "${this.path}" has a wild offset`)
    return Number(offset)
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    const got = length === 0 ? 0 : readSync(this.#file, bytes, 0, length, position)
    if (got !== length) throw corrupt(`The pack index "${this.path}" ends too early`)
    return bytes
  }
}
