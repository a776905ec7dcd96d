import { hashLength, isDigit, storePrefix } from './store-name.ts'

/** Store names prepared for searching, see {@link indexNames}. */
export interface NameIndex {
  names: readonly string[]
  hashes: TextIndex
  /** Bytes 16 to 23 of each path, nothing but hash: what remains of it in one piece where a compiler took it apart. */
  pieces: TextIndex
}

/** Texts of one length. Most places are dismissed by their first two bytes, without making a string. */
interface TextIndex {
  length: number
  positions: Map<string, number>
  starts: Uint8Array
}

/** Bytes of the smallest pieces that compilers take a string apart into. */
export const pieceLength = 8

/** Where byte 16 of `/nix/store/<32>` lies in the hash. */
export const pieceInHash: number = 16 - (storePrefix.length + 1)

/**
 * Prepares the names that `findInFile` and its siblings look for. Pass the names of a closure path's own `references`,
 * in order: the positions in what is found then mean what reference tables need.
 */
export function indexNames(names: readonly string[]): NameIndex {
  return {
    names,
    hashes: indexTexts(names, 0, hashLength),
    pieces: indexTexts(names, pieceInHash, pieceLength),
  }
}

function indexTexts(names: readonly string[], from: number, length: number): TextIndex {
  const texts = names.map((name) => name.slice(from, from + length))
  const starts = new Uint8Array(65536)
  for (const text of texts) starts[text.charCodeAt(0) | (text.charCodeAt(1) << 8)] = 1
  return { length, positions: new Map(texts.map((text, at) => [text, at])), starts }
}

/** Calls `visit` for each place of one of the indexed texts, which are nothing but base32 characters. */
export function forEachText(buffer: Buffer, texts: TextIndex, visit: (at: number, position: number) => void): void {
  const { length, positions, starts } = texts
  forEachRun(buffer, length, (start, end) => {
    for (let at = start; at + length <= end; at++) {
      if (starts[buffer[at]! | (buffer[at + 1]! << 8)] === 0) continue
      const position = positions.get(buffer.toString('latin1', at, at + length))
      if (position !== undefined) visit(at, position)
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
