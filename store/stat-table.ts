import { ByteReader } from '../base/index.ts'
import { hashInto } from './hash.ts'
import { comparePaths } from './path-order.ts'

/** What a stat index compares. */
export interface IndexedStat {
  size: number
  mtimeNs: bigint
  inode: bigint
  mode: number
}

const magic = 'ZSI1'
const hashLength = 32
const maximumValue = 255
// A file of this size describes some ten million paths.
const maximumFile = 2 ** 31 - 1

/** The entries of a stat index in columns: no object per entry. */
export class StatTable {
  /** Entries with an mtime at or after this moment (nanoseconds) are not believed. */
  believedBefore = 0n
  count = 0
  paths: string[] = []
  #sorted = true
  sizes: Float64Array<ArrayBufferLike> = new Float64Array(64)
  mtimes: BigInt64Array<ArrayBufferLike> = new BigInt64Array(64)
  inodes: BigUint64Array<ArrayBufferLike> = new BigUint64Array(64)
  modes: Uint32Array<ArrayBufferLike> = new Uint32Array(64)
  #ends: Uint32Array<ArrayBufferLike> = new Uint32Array(65)
  #values: Buffer<ArrayBufferLike> = Buffer.alloc(64 * 34)

  value(at: number): Buffer {
    return this.#values.subarray(this.#ends[at]!, this.#ends[at + 1]!)
  }

  stat(at: number): IndexedStat {
    return { size: this.sizes[at]!, mtimeNs: this.mtimes[at]!, inode: this.inodes[at]!, mode: this.modes[at]! }
  }

  push(path: string, stat: IndexedStat, value: Uint8Array): void {
    if (value.length > maximumValue) throw new Error(`Bug: a stat index value of ${value.length} bytes`)
    const at = this.count
    if (at === this.sizes.length) this.#grow(at * 2)
    if (this.#sorted && at > 0 && comparePaths(this.paths[at - 1]!, path) >= 0) this.#sorted = false
    this.paths.push(path)
    this.sizes[at] = stat.size
    this.mtimes[at] = stat.mtimeNs
    this.inodes[at] = stat.inode
    this.modes[at] = stat.mode
    const from = this.#ends[at]!
    if (from + value.length > this.#values.length) {
      const wider = Buffer.alloc(this.#values.length * 2 + maximumValue)
      wider.set(this.#values)
      this.#values = wider
    }
    this.#values.set(value, from)
    this.#ends[at + 1] = from + value.length
    this.count++
  }

  /** This table in path order; of several entries for one path the last stays. */
  sorted(): StatTable {
    if (this.#sorted) return this
    const order = Array.from({ length: this.count }, (_, at) => at)
    order.sort((a, b) => comparePaths(this.paths[a]!, this.paths[b]!) || b - a)
    const table = new StatTable()
    table.believedBefore = this.believedBefore
    for (const at of order) {
      const path = this.paths[at]!
      if (table.count > 0 && table.paths[table.count - 1] === path) continue
      table.push(path, this.stat(at), this.value(at))
    }
    return table
  }

  /** The bytes of the index file. The table must be sorted. */
  encode(): Uint8Array {
    const { count } = this
    const paths = Buffer.from(count > 0 ? `${this.paths.join('\0')}\0` : '')
    const values = this.#values.subarray(0, this.#ends[count]!)
    const bytes = Buffer.alloc(24 + count * 29 + values.length + paths.length + hashLength)
    bytes.write(magic, 0, 'latin1')
    bytes.writeUInt32LE(count, 4)
    bytes.writeUInt32LE(values.length, 8)
    bytes.writeUInt32LE(paths.length, 12)
    bytes.writeBigInt64LE(this.believedBefore, 16)
    let at = 24
    for (const column of [this.sizes, this.mtimes, this.inodes, this.modes]) {
      const part = new Uint8Array(column.buffer, column.byteOffset, count * column.BYTES_PER_ELEMENT)
      bytes.set(part, at)
      at += part.length
    }
    for (let entry = 0; entry < count; entry++) bytes[at++] = this.#ends[entry + 1]! - this.#ends[entry]!
    bytes.set(values, at)
    bytes.set(paths, at + values.length)
    hashInto(bytes.subarray(0, -hashLength), bytes, bytes.length - hashLength)
    return bytes
  }

  /** Reads the bytes of an index file. @throws Error when they are damaged */
  static decode(bytes: Uint8Array): StatTable {
    if (bytes.length > maximumFile) throw new Error('too large')
    const check = Buffer.alloc(hashLength)
    const body = bytes.subarray(0, Math.max(0, bytes.length - hashLength))
    hashInto(body, check, 0)
    if (!check.equals(bytes.subarray(body.length))) throw new Error('the hash is wrong')
    const reader = new ByteReader(body, (why) => {
      throw new Error(why)
    })
    reader.magic(magic)
    const count = reader.u32()
    const valueBytes = reader.u32()
    const pathBytes = reader.u32()
    const table = new StatTable()
    table.believedBefore = reader.i64()
    table.count = count
    table.sizes = new Float64Array(aligned(reader.bytes(count * 8)))
    table.mtimes = new BigInt64Array(aligned(reader.bytes(count * 8)))
    table.inodes = new BigUint64Array(aligned(reader.bytes(count * 8)))
    table.modes = new Uint32Array(aligned(reader.bytes(count * 4)))
    table.#ends = new Uint32Array(count + 1)
    const lengths = reader.bytes(count)
    for (let at = 0; at < count; at++) table.#ends[at + 1] = table.#ends[at]! + lengths[at]!
    if (table.#ends[count] !== valueBytes) throw new Error('the values do not add up')
    const values = reader.bytes(valueBytes)
    table.#values = Buffer.from(values.buffer, values.byteOffset, values.length)
    table.paths = reader.text(pathBytes).split('\0')
    table.paths.pop()
    if (table.paths.length !== count) throw new Error('the paths do not add up')
    reader.end()
    return table
  }

  #grow(length: number): void {
    this.sizes = grown(this.sizes, new Float64Array(length))
    this.mtimes = grown(this.mtimes, new BigInt64Array(length))
    this.inodes = grown(this.inodes, new BigUint64Array(length))
    this.modes = grown(this.modes, new Uint32Array(length))
    this.#ends = grown(this.#ends, new Uint32Array(length + 1))
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

// A copy, because typed arrays need aligned memory and a file's bytes may lie anywhere.
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
