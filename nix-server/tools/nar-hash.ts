import { createHash, type Hash } from 'node:crypto'
import type { StoreEntry } from './store-entry.ts'

/** SHA-256 of a NAR, and its size. */
export interface NarDigest {
  hash: Buffer
  size: number
}

/** Bytes of a file that are hashed between two chances for others to run. */
const slice = 8 << 20

/** Makes the NAR hash of a store path out of the steps of a walk through it; nothing is written anywhere. */
export class NarHasher {
  readonly #hash: Hash = createHash('sha256')
  #size = 0
  #depth = 0

  constructor() {
    this.#words('nix-archive-1')
  }

  /** Takes the next step; of a file its content too. Yields now and then within a large file. */
  *add(entry: StoreEntry, content?: Buffer): Generator<void, void, undefined> {
    if (entry.kind === 'end') {
      this.#depth--
      this.#words(')')
      if (this.#depth > 0) this.#words(')')
      return
    }
    if (entry.path !== '') this.#words('entry', '(', 'name', entry.path.slice(entry.path.lastIndexOf('/') + 1), 'node')
    this.#words('(', 'type')
    if (entry.kind === 'folder') {
      this.#depth++
      this.#words('directory')
      return
    }
    if (entry.kind === 'link') this.#words('symlink', 'target', entry.target)
    else {
      this.#words('regular')
      if (entry.executable) this.#words('executable', '')
      this.#words('contents')
      yield* this.#content(content ?? entry.read())
    }
    this.#words(')')
    if (entry.path !== '') this.#words(')')
  }

  digest(): NarDigest {
    return { hash: this.#hash.digest(), size: this.#size }
  }

  *#content(bytes: Buffer): Generator<void, void, undefined> {
    this.#put(header(bytes.length))
    for (let at = 0; at < bytes.length; at += slice) {
      this.#put(bytes.subarray(at, at + slice))
      yield
    }
    this.#put(zeros.subarray(0, (8 - (bytes.length & 7)) & 7))
  }

  #words(...words: string[]): void {
    for (const word of words) {
      const length = Buffer.byteLength(word)
      const bytes = Buffer.alloc(8 + length + ((8 - (length & 7)) & 7))
      bytes.writeUInt32LE(length, 0)
      bytes.write(word, 8)
      this.#put(bytes)
    }
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
  }
}

/** The NAR hash of a file, link or folder on disk or in an archive. */
export function narHash(entries: Iterable<StoreEntry>): NarDigest {
  const hasher = new NarHasher()
  for (const entry of entries) for (const _ of hasher.add(entry));
  return hasher.digest()
}

const zeros = Buffer.alloc(8)

function header(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(length >>> 0, 0)
  bytes.writeUInt32LE(Math.floor(length / 2 ** 32), 4)
  return bytes
}
