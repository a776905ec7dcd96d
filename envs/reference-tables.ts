/**
 * A reference that lies whole in a file. `offset`: where its text `nix/store/<32>-` begins, so the byte after the leading
 * slash (compilers may keep that slash elsewhere). `path`: position in the `references` of the closure path the file belongs to.
 * `width`: bytes a character (1, or 2 and 4 for UTF-16 and UTF-32).
 */
export type WholeReference = [offset: number, path: number, width: 1 | 2 | 4]

/** Block `block` (16 bytes from byte 16 × block of `/nix/store/<32>-<name>`) of a path that a compiler took apart, at `offset`. */
export type SplitReference = [offset: number, path: number, block: 0 | 1 | 2]

/** A reference in a link's target, counted in bytes of the target; `offset` as in {@link WholeReference}. */
export type LinkReference = [offset: number, path: number]

/** References of one file, each list strictly ascending by offset. */
export interface FileReferences {
  whole: WholeReference[]
  split: SplitReference[]
}

/**
 * Why some reference in a file cannot be rewritten: a hash without the path around it, a path inside compressed data,
 * a path taken apart in a way that is not understood.
 */
export type Marker = 'bare-hash' | 'compressed' | 'split'

/**
 * Where the references of one closure path are. Keys are paths relative to it ('/'-separated; "content" in a `single` one);
 * files and links without references are left out.
 */
export interface ReferenceTables {
  version: 1
  files: Record<string, FileReferences>
  links: Record<string, LinkReference[]>
  /** Files in which something cannot be rewritten: they work until that reference is used. */
  markers: Record<string, Marker[]>
}

/** The canonical bytes of reference tables. */
export function encodeReferenceTables(_tables: ReferenceTables): Uint8Array {
  throw new Error('Bug: not written yet')
}

/**
 * Checked for form only; offsets are checked against the bytes of each file when they are applied.
 * @param references how many references the closure path has @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW
 */
export function decodeReferenceTables(_bytes: Uint8Array, _references: number): ReferenceTables {
  throw new Error('Bug: not written yet')
}
