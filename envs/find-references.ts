import type { FileReferences, LinkReference, Marker, SplitReference, WholeReference } from './reference-tables.ts'

/** Store names prepared for searching, see {@link indexNames}. */
export interface NameIndex {
  names: readonly string[]
  byHash: Map<string, number>
  /** The 16 characters that are block 1 of a path → position in `names`. */
  byBlock: Map<string, number>
}

/** Prepares the names that {@link findReferences} and its siblings look for: pass the closure path's own `references`, in order. */
export function indexNames(_names: readonly string[]): NameIndex {
  throw new Error('Bug: not written yet')
}

/** Everything that is in one file. `references` is undefined where nothing has to be rewritten. */
export interface FoundInFile {
  references: FileReferences | undefined
  markers: Marker[]
}

/** Whole references, split references and markers of a file's original bytes. */
export function findInFile(_bytes: Uint8Array, _index: NameIndex): FoundInFile {
  throw new Error('Bug: not written yet')
}

/** Whole references of width 1, 2 and 4, ascending by offset. */
export function findReferences(_bytes: Uint8Array, _index: NameIndex): WholeReference[] {
  throw new Error('Bug: not written yet')
}

/** References that a compiler took apart into 16-byte blocks; looks into programs and libraries only. */
export function findSplitReferences(
  _bytes: Uint8Array,
  _index: NameIndex,
  _whole: readonly WholeReference[],
): SplitReference[] {
  throw new Error('Bug: not written yet')
}

/** References in a link's target. */
export function findLinkReferences(_target: string, _index: NameIndex): LinkReference[] {
  throw new Error('Bug: not written yet')
}
