/** Kinds of entries, as numbers for the columns. */
export const kindFile = 0
export const kindLink = 1
export const kindTree = 2
/** Was there a moment ago; counts no more. */
export const kindGone = 3

/** What is known of an entry: bits of `EntryTable.flags`. The first three are a tree entry's flags. */
export const flagChunked = 1
export const flagShared = 2
export const flagRewritten = 4
/** Disk: the inode is shared with the store's cache. */
export const flagLinked = 8
/** Disk: sharing the inode was refused or is not needed, and is not tried again while the file stays as it is. */
export const flagSettled = 16
/** Only a way down to something that was asked for: neither its own entries nor its mode and time count. */
export const flagScaffold = 32
/** Disk: owned by this user, and on the device of the store's cache. */
export const flagOwn = 64
/** `ids` holds the entry's id. */
export const flagKnown = 128

/**
 * The entries of a directory tree in columns, in tree pre-order: entry 0 is the root, a folder comes before what is in it,
 * names are sorted by their UTF-8 bytes. Tens of bytes an entry and no object, so that a million entries stay cheap.
 * Paths are relative to the root and '/'-separated; the root's is ''.
 */
export class EntryTable {
  count = 0
  paths: string[] = []
  /** Targets of links, by entry. */
  targets: Map<number, string> = new Map()
  kinds: Uint8Array<ArrayBufferLike> = new Uint8Array(0)
  flags: Uint8Array<ArrayBufferLike> = new Uint8Array(0)
  /** The 12 permission bits. */
  modes: Uint16Array<ArrayBufferLike> = new Uint16Array(0)
  /** Bytes of a file, of a link's target, of all files below a folder. */
  sizes: Float64Array<ArrayBufferLike> = new Float64Array(0)
  /** Bytes of a file as it is stored: differs from `sizes` where it was rewritten. */
  storedSizes: Float64Array<ArrayBufferLike> = new Float64Array(0)
  mtimes: BigInt64Array<ArrayBufferLike> = new BigInt64Array(0)
  inodes: BigUint64Array<ArrayBufferLike> = new BigUint64Array(0)
  /** Disk: hard links of a file. Folders: files below. */
  links: Uint32Array<ArrayBufferLike> = new Uint32Array(0)
  /** Where the entries below a folder end; the entry after any other. */
  ends: Uint32Array<ArrayBufferLike> = new Uint32Array(0)
  ids: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  /** Where the folder's stat index has the entry, or -1. */
  known: Int32Array<ArrayBufferLike> = new Int32Array(0)

  /** Adds an entry with only path and kind set. @returns its number */
  push(path: string, kind: number): number {
    const at = this.count++
    if (at === this.kinds.length) this.#grow(Math.max(256, at * 2))
    this.paths.push(path)
    this.kinds[at] = kind
    this.ends[at] = at + 1
    this.known[at] = -1
    return at
  }

  /** The last part of an entry's path. */
  name(at: number): string {
    const path = this.paths[at]!
    return path.slice(path.lastIndexOf('/') + 1)
  }

  /** The entry's id in hexadecimal digits. */
  id(at: number): string {
    return this.ids.toString('hex', at * 32, at * 32 + 32)
  }

  has(at: number, flag: number): boolean {
    return (this.flags[at]! & flag) !== 0
  }

  /** Copies an entry's 32-byte id from `ids` and marks it as known. */
  setId(at: number, ids: Uint8Array, from: number): void {
    this.ids.set(ids.subarray(from, from + 32), at * 32)
    this.flags[at]! |= flagKnown
  }

  #grow(length: number): void {
    this.kinds = grown(this.kinds, new Uint8Array(length))
    this.flags = grown(this.flags, new Uint8Array(length))
    this.modes = grown(this.modes, new Uint16Array(length))
    this.sizes = grown(this.sizes, new Float64Array(length))
    this.storedSizes = grown(this.storedSizes, new Float64Array(length))
    this.mtimes = grown(this.mtimes, new BigInt64Array(length))
    this.inodes = grown(this.inodes, new BigUint64Array(length))
    this.links = grown(this.links, new Uint32Array(length))
    this.ends = grown(this.ends, new Uint32Array(length))
    this.ids = grown(this.ids, Buffer.alloc(length * 32))
    this.known = grown(this.known, new Int32Array(length))
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}
