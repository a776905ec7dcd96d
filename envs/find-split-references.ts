import { forEachText, type NameIndex, pieceInHash, pieceLength } from './name-index.ts'
import type { SplitReference, WholeReference } from './reference-tables.ts'
import { hashLength, referenceLength, storePrefix } from './store-name.ts'

export interface FoundSplitReferences {
  /** Ascending by offset. */
  split: SplitReference[]
  /** True if pieces of a path are there in a way that cannot be rewritten. */
  broken: boolean
}

/**
 * Finds paths that a compiler took apart: where it copies a string piece by piece, the path lies in the program as 16-byte vector
 * constants in any order, or as 8-byte numbers inside instructions. Only the first 37 bytes of a path ever change, so the pieces
 * that matter start at multiples of 16 or 8.
 * @param whole the whole references of the same bytes
 */
export function findSplitReferences(
  bytes: Uint8Array,
  index: NameIndex,
  whole: readonly WholeReference[],
): FoundSplitReferences {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isProgram(buffer)) return { split: [], broken: false }
  const covered = new Set(whole.filter(([, , width]) => width === 1).map(([offset]) => offset))
  const search: Search = { buffer, covered, found: new Map(), broken: false }
  const vectors = new Set<number>()
  const numbers: [at: number, path: number][] = []
  forEachText(buffer, index.pieces, (at, path) => {
    const name = index.names[path]!
    const isVector = buffer.toString('latin1', at, at + 16) === name.slice(pieceInHash, pieceInHash + 16)
    if (!isVector) numbers.push([at, path])
    else if (!isInsideHash(buffer, at - pieceInHash, name)) vectors.add(path)
  })
  for (const path of [...vectors].sort((a, b) => a - b)) keep(search, findVectors(search, path, index.names[path]!))
  for (const [at, path] of numbers) keep(search, findNumbers(search, path, index.names[path]!, at))
  const split = withoutOverlaps(search, whole)
  return { split, broken: search.broken }
}

interface Search {
  buffer: Buffer
  /** Offsets of whole references. */
  covered: Set<number>
  found: Map<number, SplitReference>
  broken: boolean
}

/** How far apart, in bytes, the instructions lie that write one path. */
const neighbourhood = 128

/** Vector constants lie anywhere in the file. */
function findVectors({ buffer, covered }: Search, path: number, name: string): SplitReference[] {
  const full = Buffer.from(`/${storePrefix}${name}`)
  const found: SplitReference[] = []
  for (const from of [0, 16, 32]) {
    const piece = full.subarray(from, from + 16)
    for (let at = buffer.indexOf(piece); at >= 0; at = buffer.indexOf(piece, at + 1)) {
      const start = at - from
      if (covered.has(start + 1) || isInsideHash(buffer, start + hashInPath, name)) continue
      found.push([at, path, from, Math.min(piece.length, relocatedLength - from)])
    }
  }
  return isComplete(found, [0, 16]) ? found : []
}

/** Numbers inside instructions lie close together; their first piece, `/nix/sto`, belongs to any path. */
function findNumbers({ buffer, covered }: Search, path: number, name: string, near: number): SplitReference[] {
  const full = Buffer.from(`/${storePrefix}${name}`)
  const found: SplitReference[] = []
  const start = Math.max(0, near - neighbourhood)
  const window = buffer.subarray(start, near + neighbourhood)
  for (const from of [0, 8, 16, 24, 32]) {
    const piece = full.subarray(from, from + pieceLength)
    for (let i = window.indexOf(piece); i >= 0; i = window.indexOf(piece, i + 1)) {
      const at = start + i
      if (covered.has(at - from + 1) || isInsideHash(buffer, at - from + hashInPath, name)) continue
      found.push([at, path, from, pieceLength])
    }
  }
  return isComplete(found, [0, 8, 16, 24, 32]) ? found : []
}

const hashInPath = storePrefix.length + 1

/** Bytes of `/nix/store/<32>-`: what is rewritten. The name behind it stays. */
const relocatedLength = referenceLength + 1

function isComplete(found: readonly SplitReference[], froms: readonly number[]): boolean {
  return froms.every((wanted) => found.some(([, , from]) => from === wanted))
}

/** Without all of its pieces a path would come out half rewritten; a piece of two paths could only become one of them. */
function keep(search: Search, pieces: readonly SplitReference[]): void {
  const isFree = ([offset, path]: SplitReference) => (search.found.get(offset)?.[1] ?? path) === path
  if (pieces.length === 0 || !pieces.every(isFree)) search.broken = true
  else for (const piece of pieces) search.found.set(piece[0], piece)
}

function withoutOverlaps(search: Search, whole: readonly WholeReference[]): SplitReference[] {
  const ends = whole.map(([offset, , width]): [number, number] => [offset, offset + (referenceLength - 1) * width + 1])
  const overlaps = (from: number, to: number) => ends.some(([start, end]) => start < to && from < end)
  let last = 0
  return [...search.found.values()]
    .sort((a, b) => a[0] - b[0])
    .filter(([offset, , , length]) => {
      const isFree = offset >= last && !overlaps(offset, offset + length)
      if (isFree) last = offset + length
      else search.broken = true
      return isFree
    })
}

/** True if the whole hash of `name` lies at `at`: a piece there is part of a whole reference or of a bare hash. */
function isInsideHash(buffer: Buffer, at: number, name: string): boolean {
  return at >= 0 && buffer.toString('latin1', at, at + hashLength) === name.slice(0, hashLength)
}

/** ELF, Mach-O, and archives of object files. */
function isProgram(buffer: Buffer): boolean {
  if (buffer.length < 8) return false
  const magic = buffer.readUInt32BE(0)
  const isObject = magic === 0x7f454c46 || magic === 0xcffaedfe || magic === 0xcafebabe
  return isObject || buffer.toString('latin1', 0, 8) === '!<arch>\n'
}
