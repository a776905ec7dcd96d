import type { SystemName } from '../base/index.ts'
import type { BlobRef, Id, Roots, Store } from '../store/index.ts'

/** One store path of a closure. */
export interface ClosurePath {
  /** Base name of the store path: `<32 characters of Nix base32>-<name>`. */
  name: string
  /** `sha256:<52 characters of Nix base32>`, of the original bytes. */
  narHash: string
  narSize: number
  /**
   * `folder`: `tree` is the store path. `single`: the store path is one file or link, and `tree` has exactly one entry,
   * named "content", that is it.
   */
  kind: 'folder' | 'single'
  /** The blanked tree: no hash of any whole reference is left in its files and link targets. */
  tree: Id
  /** Positions in `paths` of what this path refers to, ascending. Always includes the path itself. */
  references: number[]
  /** Its reference tables, see {@link ReferenceTables}. */
  tables: BlobRef
  /** Totals of the tree. */
  files: number
  bytes: number
}

/** A tool's own store path and every store path that it needs at run time. See docs/formats/closure.md. */
export interface Closure {
  version: 1
  system: SystemName
  storeFolder: '/nix/store'
  /** Position in `paths` of the tool itself. */
  main: number
  /** Strictly sorted by name. */
  paths: ClosurePath[]
}

/** The canonical bytes of a closure: equal closures give equal bytes. @throws Error on an invalid one: a bug */
export function encodeClosure(_closure: Closure): Uint8Array {
  throw new Error('Bug: not written yet')
}

/** @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function decodeClosure(_bytes: Uint8Array): Closure {
  throw new Error('Bug: not written yet')
}

/** What must be kept or transferred so that a closure can be materialised: its trees, tables and the record itself. */
export function closureRoots(_store: Store, _closure: BlobRef): Roots {
  throw new Error('Bug: not written yet')
}
