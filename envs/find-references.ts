import { decompress } from './decompress.ts'
import type { FileReferences, LinkReference, Marker, SplitReference, WholeReference } from './reference-tables.ts'
import { hashLength, isDigit, referenceLength, storePrefix } from './store-name.ts'

/** Store names prepared for searching, see {@link indexNames}. */
export interface NameIndex {
  names: readonly string[]
  byHash: Map<string, number>
  /** The 16 characters that are block 1 of a path → position in `names`. */
  byBlock: Map<string, number>
}

// `/nix/store/` has 11 characters, so block 1 (bytes 16 to 31 of a path) is characters 5 to 20 of the hash.
const blockLength = 16
const hashAt = storePrefix.length + 1
const blockInHash = blockLength - hashAt

/**
 * Prepares the names that {@link findInFile} and its siblings look for. Pass the names of a closure path's own `references`,
 * in order: the positions in what is found then mean what reference tables need.
 */
export function indexNames(names: readonly string[]): NameIndex {
  const byHash = new Map(names.map((name, at) => [name.slice(0, hashLength), at]))
  const byBlock = new Map(names.map((name, at) => [name.slice(blockInHash, blockInHash + blockLength), at]))
  return { names, byHash, byBlock }
}

/** Everything that is in one file. `references` is undefined where nothing has to be rewritten. */
export interface FoundInFile {
  references: FileReferences | undefined
  markers: Marker[]
}

/** Whole references, split references and markers of a file's original bytes. */
export function findInFile(bytes: Uint8Array, index: NameIndex): FoundInFile {
  const buffer = asBuffer(bytes)
  const markers = new Set<Marker>()
  const whole = findWhole(buffer, index, markers)
  const split = findSplit(buffer, index, whole, markers)
  const unpacked = decompress(buffer)
  if (unpacked !== undefined && hasHash(unpacked, index)) markers.add('compressed')
  const references = whole.length + split.length > 0 ? { whole, split } : undefined
  return { references, markers: [...markers].sort() }
}

/** Whole references of width 1, 2 and 4, ascending by offset. */
export function findReferences(bytes: Uint8Array, index: NameIndex): WholeReference[] {
  return findWhole(asBuffer(bytes), index, new Set())
}

/** References that a compiler took apart into 16-byte blocks; looks into programs and libraries only. */
export function findSplitReferences(
  bytes: Uint8Array,
  index: NameIndex,
  whole: readonly WholeReference[],
): SplitReference[] {
  return findSplit(asBuffer(bytes), index, whole, new Set())
}

/** References in a link's target. */
export function findLinkReferences(target: string, index: NameIndex): LinkReference[] {
  return findReferences(Buffer.from(target), index)
    .filter(([, , width]) => width === 1)
    .map(([offset, path]) => [offset, path])
}

function findWhole(buffer: Buffer, index: NameIndex, markers: Set<Marker>): WholeReference[] {
  const found: WholeReference[] = []
  forEachHash(buffer, index, (at, path) => {
    const offset = at - storePrefix.length
    const isWhole = offset >= 0 && buffer[at + hashLength] === dash && buffer.latin1Slice(offset, at) === storePrefix
    if (isWhole) found.push([offset, path, 1])
    else markers.add('bare-hash')
  })
  for (const width of [2, 4] as const) {
    const needle = widened(storePrefix, width)
    for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
      const path = index.byHash.get(narrowed(buffer, at + storePrefix.length * width, hashLength, width) ?? '')
      if (path === undefined) continue
      if (narrowed(buffer, at, referenceLength, width)?.endsWith('-')) found.push([at, path, width])
    }
  }
  return found.sort((a, b) => a[0] - b[0])
}

/**
 * A compiler may copy a string with vector constants; the path then lies in the program as 16-byte blocks in any order.
 * The block that is nothing but hash is looked for first; without block 0 beside it the rest is not rewritten either.
 */
function findSplit(
  buffer: Buffer,
  index: NameIndex,
  whole: readonly WholeReference[],
  markers: Set<Marker>,
): SplitReference[] {
  if (!isProgram(buffer)) return []
  const covered = new Set(whole.filter(([, , width]) => width === 1).map(([offset]) => offset))
  const anchors = new Set<number>()
  forEachRun(buffer, blockLength, (start, end) => {
    for (let at = start; at + blockLength <= end; at++) {
      const path = index.byBlock.get(buffer.latin1Slice(at, at + blockLength))
      if (path !== undefined && !isInsideHash(buffer, at - blockInHash, index.names[path]!)) anchors.add(path)
    }
  })
  const taken = new Map<number, SplitReference>()
  for (const path of [...anchors].sort((a, b) => a - b)) {
    const blocks = splitBlocks(buffer, path, index, covered)
    const complete = blocks.some(([, , block]) => block === 0)
    if (!complete || blocks.some(([offset]) => taken.has(offset))) markers.add('split')
    else for (const block of blocks) taken.set(block[0], block)
  }
  return [...taken.values()].sort((a, b) => a[0] - b[0])
}

function splitBlocks(buffer: Buffer, path: number, index: NameIndex, covered: Set<number>): SplitReference[] {
  const name = index.names[path]!
  const full = Buffer.from(`/${storePrefix}${name}`)
  const found: SplitReference[] = []
  for (const block of [0, 1, 2] as const) {
    const needle = full.subarray(blockLength * block, blockLength * (block + 1))
    for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
      const start = at - blockLength * block
      if (covered.has(start + 1) || isInsideHash(buffer, start + hashAt, name)) continue
      found.push([at, path, block])
    }
  }
  return found
}

/** True if the whole hash of `name` lies at `at`: a block there is part of a whole reference or of a bare hash. */
function isInsideHash(buffer: Buffer, at: number, name: string): boolean {
  return at >= 0 && buffer.latin1Slice(at, at + hashLength) === name.slice(0, hashLength)
}

function hasHash(buffer: Buffer, index: NameIndex): boolean {
  let found = false
  forEachHash(buffer, index, () => {
    found = true
  })
  return found
}

function forEachHash(buffer: Buffer, index: NameIndex, visit: (at: number, path: number) => void): void {
  forEachRun(buffer, hashLength, (start, end) => {
    for (let at = start; at + hashLength <= end; at++) {
      const path = index.byHash.get(buffer.latin1Slice(at, at + hashLength))
      if (path !== undefined) visit(at, path)
    }
  })
}

/** Calls `visit` for each maximal run of at least `length` base32 characters. Looks at about one byte in `length`. */
function forEachRun(buffer: Buffer, length: number, visit: (start: number, end: number) => void): void {
  let from = 0
  while (from + length <= buffer.length) {
    const probe = from + length - 1
    if (isDigit[buffer[probe]!] === 0) {
      from = probe + 1
      continue
    }
    let start = probe
    while (start > from && isDigit[buffer[start - 1]!] === 1) start--
    let end = probe + 1
    while (end < buffer.length && isDigit[buffer[end]!] === 1) end++
    if (end - start >= length) visit(start, end)
    from = end + 1
  }
}

/** ELF, Mach-O, and archives of object files. */
function isProgram(buffer: Buffer): boolean {
  if (buffer.length < 8) return false
  const magic = buffer.readUInt32BE(0)
  return (
    magic === 0x7f454c46 || magic === 0xcffaedfe || magic === 0xcafebabe || buffer.latin1Slice(0, 8) === '!<arch>\n'
  )
}

const dash = 0x2d

// UTF-16 and UTF-32: zeros only between the characters are looked at, so that byte order does not matter.
function widened(text: string, width: number): Buffer {
  const bytes = Buffer.alloc((text.length - 1) * width + 1)
  for (let i = 0; i < text.length; i++) bytes[i * width] = text.charCodeAt(i)
  return bytes
}

/** The text of `length` wide characters at `at`, or undefined where there is anything else. */
function narrowed(buffer: Buffer, at: number, length: number, width: number): string | undefined {
  const last = at + (length - 1) * width
  if (last >= buffer.length) return undefined
  let text = ''
  for (let i = at; i <= last; i++) {
    if ((i - at) % width === 0) text += String.fromCharCode(buffer[i]!)
    else if (buffer[i] !== 0) return undefined
  }
  return text
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
