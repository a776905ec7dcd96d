/**
 * Reads little-endian values from bytes that nobody has checked yet. Every read is bounded: `fail` (which must throw)
 * is called with the reason instead of reading past the end.
 */
export class ByteReader {
  #at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fail: (why: string) => never

  constructor(bytes: Uint8Array, fail: (why: string) => never) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fail = fail
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  #take(length: number): number {
    if (length > this.left)
      this.#fail(`ends at byte ${this.#bytes.length}, ${length} more were expected at ${this.#at}`)
    const from = this.#at
    this.#at += length
    return from
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** An unsigned 64-bit value that fits a JavaScript number (below 2^53). */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#fail(`the number ${value} is too large`)
    return Number(value)
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  /** A view on the next `length` bytes, not a copy. */
  bytes(length: number): Uint8Array {
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  /** `length` bytes as strict UTF-8. */
  text(length: number): string {
    try {
      return utf8.decode(this.bytes(length))
    } catch {
      return this.#fail('a text is not UTF-8')
    }
  }

  /** Fails unless the next bytes are the ASCII text `word`. */
  magic(word: string): void {
    const got = Buffer.from(this.bytes(word.length)).toString('latin1')
    if (got !== word) this.#fail(`starts with ${JSON.stringify(got)} where "${word}" was expected`)
  }

  /** Fails unless everything was read. */
  end(): void {
    if (this.left > 0) this.#fail(`${this.left} bytes follow the end`)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
