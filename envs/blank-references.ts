import type { LinkReference, WholeReference } from './reference-tables.ts'
import { blank, hashLength, storePrefix } from './store-name.ts'

const blankByte = blank.charCodeAt(0)

/**
 * The stored form of a file: the 32 hash characters of each whole reference become "e", so that two builds that differ only in
 * their hashes share chunks, and text stays text. Split references stay as they are.
 * Answers `bytes` itself where there are no references, else a copy.
 */
export function blankReferences(bytes: Uint8Array, whole: readonly WholeReference[]): Uint8Array {
  if (whole.length === 0) return bytes
  const blanked = Uint8Array.from(bytes)
  for (const [offset, , width] of whole) {
    const from = offset + storePrefix.length * width
    if (from + (hashLength - 1) * width >= blanked.length) throw new Error(`Bug: a reference at ${offset} is outside`)
    for (let i = 0; i < hashLength; i++) blanked[from + i * width] = blankByte
  }
  return blanked
}

/** The stored form of a link's target. */
export function blankLink(target: string, references: readonly LinkReference[]): string {
  const whole = references.map(([offset, path]): WholeReference => [offset, path, 1])
  return Buffer.from(blankReferences(Buffer.from(target), whole)).toString()
}
