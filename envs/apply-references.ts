import { ZagiError } from '../base/index.ts'
import type { FileReferences, LinkReference, WholeReference } from './reference-tables.ts'
import { blank, hashLength, referenceLength, storePrefix } from './store-name.ts'

/** What the references of one closure path become, by their position in its `references`. */
export interface Relocation {
  /** Store names: what split references must show before they are rewritten. */
  names: readonly string[]
  /** 44 bytes each, see `relocated`. */
  texts: readonly Buffer[]
}

/**
 * Access to a file's bytes, in memory or on disk: hands `length` bytes from `offset` (fewer at the end of the file) to `change`
 * and keeps what it made of them.
 */
export type Edit = (offset: number, length: number, change: (bytes: Buffer) => void) => void

/** Edits bytes in place. */
export function editing(bytes: Buffer): Edit {
  return (offset, length, change) => change(bytes.subarray(offset, offset + length))
}

/**
 * Rewrites the references in a blanked file. Each place is checked first: a table that does not fit the bytes is refused
 * rather than applied. @param file names it in messages @throws ZagiError MANIFEST_CORRUPT
 */
export function applyReferences(edit: Edit, references: FileReferences, relocation: Relocation, file: string): void {
  const fail = (why: string): never => {
    throw new ZagiError('MANIFEST_CORRUPT', `The reference tables do not fit the file "${file}": ${why}`)
  }
  for (const [offset, path, width] of references.whole) {
    edit(offset, (referenceLength - 1) * width + 1, (bytes) => {
      if (!isBlanked(bytes, width)) fail(`there is no blanked reference at ${offset}`)
      // A reference is without its leading slash, the text is not.
      for (let i = 0; i < referenceLength; i++) bytes[i * width] = relocation.texts[path]![i + 1]!
    })
  }
  for (const [offset, path, from, length] of references.split) {
    const to = from + length
    edit(offset, length, (bytes) => {
      const original = Buffer.from(`/${storePrefix}${relocation.names[path]!}`).subarray(from, to)
      if (!original.equals(bytes)) fail(`bytes ${from} to ${to} of a path are not at ${offset}`)
      relocation.texts[path]!.copy(bytes, 0, from, to)
    })
  }
}

/** The target that a link of a blanked tree has on this machine. @throws ZagiError MANIFEST_CORRUPT */
export function applyLinkReferences(
  target: string,
  references: readonly LinkReference[],
  relocation: Relocation,
  link: string,
): string {
  const bytes = Buffer.from(target)
  const whole = references.map(([offset, path]): WholeReference => [offset, path, 1])
  applyReferences(editing(bytes), { whole, split: [] }, relocation, link)
  return bytes.toString()
}

const blanked = Buffer.from(`${storePrefix}${blank.repeat(hashLength)}-`)

function isBlanked(bytes: Buffer, width: number): boolean {
  if (bytes.length !== (referenceLength - 1) * width + 1) return false
  return bytes.every((byte, i) => byte === (i % width === 0 ? blanked[i / width] : 0))
}
