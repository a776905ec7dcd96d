import type { LinkReference, WholeReference } from './reference-tables.ts'

/**
 * The stored form of a file: the 32 hash characters of each whole reference become "e", which Nix's base32 does not have.
 * Answers `bytes` itself where there are no references, else a copy.
 */
export function blankReferences(_bytes: Uint8Array, _whole: readonly WholeReference[]): Uint8Array {
  throw new Error('Bug: not written yet')
}

/** The stored form of a link's target. */
export function blankLink(_target: string, _references: readonly LinkReference[]): string {
  throw new Error('Bug: not written yet')
}
