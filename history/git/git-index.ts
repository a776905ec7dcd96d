/** One file of Git's index. */
export interface IndexEntry {
  path: string
  mode: number
  /** 20 bytes. */
  id: Uint8Array
  /** What Git compares to see whether a file changed, see {@link statFields}. 40 bytes. */
  stat: Buffer
  /** 0, or 1 to 3 for the sides of a conflict. */
  stage: number
  assumeValid: boolean
  skipWorktree: boolean
  intentToAdd: boolean
}

/** Where an entry has what of a file's stat: 32 bits each, the low ones where there are more. */
export const statFields = {
  ctimeSeconds: 0,
  ctimeNanoseconds: 4,
  mtimeSeconds: 8,
  mtimeNanoseconds: 12,
  device: 16,
  inode: 20,
  mode: 24,
  uid: 28,
  gid: 32,
  size: 36,
  length: 40,
} as const

/** Where the parts of the entries are. */
export interface IndexColumns {
  version: number
  /** The index file. */
  bytes: Buffer
  /** Positions of the entries in it. */
  starts: Uint32Array
  /** What holds the paths: the index file too, unless it shortens them. */
  pathBytes: Buffer
  pathStarts: Uint32Array
  pathEnds: Uint32Array
}

/**
 * A decoded index. Nothing is made per entry until it is asked for, and paths are compared as they lie in the file: asking
 * in the order of the index is a step from one to the next, any other order a search.
 */
export class GitIndex {
  readonly length: number
  readonly #columns: IndexColumns
  #next = 0

  constructor(columns: IndexColumns) {
    this.#columns = columns
    this.length = columns.starts.length
  }

  /** The position of a path's first entry, or -1. */
  find(path: string): number {
    const at = this.#compare(this.#next, path) === 0 ? this.#next : this.#lowerBound(path)
    if (this.#compare(at, path) !== 0) return -1
    this.#next = at + 1
    return at
  }

  /** Whether there is an entry below the folder. */
  hasFolder(path: string): boolean {
    const prefix = `${path}/`
    return this.#isBelow(this.#next, prefix) || this.#isBelow(this.#lowerBound(prefix), prefix)
  }

  /** Positions of all entries below the folder. */
  below(path: string): number[] {
    const prefix = `${path}/`
    const found: number[] = []
    for (let at = this.#lowerBound(prefix); this.#isBelow(at, prefix); at++) found.push(at)
    return found
  }

  pathAt(position: number): string {
    const { pathBytes, pathStarts, pathEnds } = this.#columns
    return pathBytes.toString('utf8', pathStarts[position], pathEnds[position])
  }

  modeAt(position: number): number {
    return this.#columns.bytes.readUInt32BE(this.#columns.starts[position]! + statFields.mode)
  }

  /** Set where a sparse checkout leaves the file out of the working folder. */
  skipsWorktree(position: number): boolean {
    const { bytes, starts } = this.#columns
    const start = starts[position]!
    return (bytes[start + 60]! & 0x40) !== 0 && (bytes[start + 62]! & 0x40) !== 0
  }

  /** Whether the entry is just this object, settled: no side of a conflict, no mark that it is yet to be added. */
  holds(position: number, { mode, id }: { mode: number; id: Uint8Array }): boolean {
    const { bytes, starts } = this.#columns
    const start = starts[position]!
    const flags = bytes[start + 60]!
    const settled = (flags & 0x30) === 0 && ((flags & 0x40) === 0 || (bytes[start + 62]! & 0x20) === 0)
    return settled && this.modeAt(position) === mode && bytes.compare(id, 0, 20, start + 40, start + 60) === 0
  }

  /** Where the whole entry lies in the file; undefined where the version does not write entries whole. */
  rawAt(position: number): { bytes: Buffer; start: number; end: number } | undefined {
    const { version, bytes, starts, pathEnds } = this.#columns
    if (version === 4) return undefined
    const start = starts[position]!
    return { bytes, start, end: start + ((pathEnds[position]! - start + 8) & ~7) }
  }

  /** The mtime of the file that the entry was made of, in nanoseconds, as exact as a number can be. */
  mtimeAt(position: number): number {
    const { bytes, starts } = this.#columns
    const start = starts[position]!
    const seconds = bytes.readUInt32BE(start + statFields.mtimeSeconds)
    return seconds * 1e9 + bytes.readUInt32BE(start + statFields.mtimeNanoseconds)
  }

  entryAt(position: number): IndexEntry {
    const { bytes, starts } = this.#columns
    const start = starts[position]!
    const flags = bytes.readUInt16BE(start + 60)
    const more = (flags & 0x4000) !== 0 ? bytes.readUInt16BE(start + 62) : 0
    return {
      path: this.pathAt(position),
      mode: this.modeAt(position),
      id: bytes.subarray(start + 40, start + 60),
      stat: bytes.subarray(start, start + statFields.length),
      stage: (flags >> 12) & 3,
      assumeValid: (flags & 0x8000) !== 0,
      skipWorktree: (more & 0x4000) !== 0,
      intentToAdd: (more & 0x2000) !== 0,
    }
  }

  #isBelow(position: number, prefix: string): boolean {
    if (position >= this.length) return false
    const { pathBytes, pathStarts, pathEnds } = this.#columns
    const start = pathStarts[position]!
    const size = Buffer.byteLength(prefix)
    if (pathEnds[position]! - start <= size) return false
    return compareBytes(pathBytes, { start, end: start + size }, prefix) === 0
  }

  // First entry that is not below the path in the order of the index.
  #lowerBound(path: string): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(middle, path) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(position: number, path: string): number {
    if (position >= this.length) return 1
    const { pathBytes, pathStarts, pathEnds } = this.#columns
    return compareBytes(pathBytes, { start: pathStarts[position]!, end: pathEnds[position]! }, path)
  }
}

// Order of a part of the bytes and a text's UTF-8. Most paths are ASCII: then no bytes are made of the text.
function compareBytes(bytes: Buffer, { start, end }: { start: number; end: number }, text: string): number {
  const length = Math.min(end - start, text.length)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return bytes.compare(Buffer.from(text), 0, undefined, start, end)
    const order = bytes[start + i]! - code
    if (order !== 0) return order
  }
  return end - start - text.length
}
