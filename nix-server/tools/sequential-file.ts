import { readSync } from 'node:fs'

const bufferSize = 1 << 20

/** Reads a file from its start, in order; small reads come from a buffer. The caller opens and closes it. */
export class SequentialFile {
  readonly size: number
  #at = 0
  #buffer: Buffer = Buffer.alloc(0)
  #bufferStart = 0
  readonly #file: number

  constructor(file: number, size: number) {
    this.#file = file
    this.size = size
  }

  /** Bytes from here to the end. */
  get left(): number {
    return this.size - this.#at
  }

  skip(length: number): void {
    this.#at += length
  }

  /** The next `length` bytes, or undefined where the file ends before. A short result may be a view: use it at once. */
  take(length: number): Buffer | undefined {
    if (length > this.left) return undefined
    const from = this.#at
    this.#at += length
    if (length > bufferSize) return this.#read(from, length)
    if (from < this.#bufferStart || from + length > this.#bufferStart + this.#buffer.length) {
      const window = this.#read(from, Math.min(bufferSize, this.size - from))
      if (window === undefined) return undefined
      this.#buffer = window
      this.#bufferStart = from
    }
    return this.#buffer.subarray(from - this.#bufferStart, from - this.#bufferStart + length)
  }

  #read(from: number, length: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.#file, bytes, done, length - done, from + done)
      if (count === 0) return undefined
      done += count
    }
    return bytes
  }
}
