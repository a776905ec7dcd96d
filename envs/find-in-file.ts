import { decompress } from './decompress.ts'
import { findReferences } from './find-references.ts'
import { findSplitReferences } from './find-split-references.ts'
import { forEachText, type NameIndex } from './name-index.ts'
import type { FileReferences, Marker } from './reference-tables.ts'

/** Everything that is in one file. `references` is undefined where nothing has to be rewritten. */
export interface FoundInFile {
  references: FileReferences | undefined
  markers: Marker[]
}

/** Whole references, split references and markers of a file's original bytes: what goes into the reference tables. */
export function findInFile(bytes: Uint8Array, index: NameIndex): FoundInFile {
  const { whole, bareHash } = findReferences(bytes, index)
  const { split, broken } = findSplitReferences(bytes, index, whole)
  const markers: Marker[] = []
  if (bareHash) markers.push('bare-hash')
  if (hasHashInside(bytes, index)) markers.push('compressed')
  if (broken) markers.push('split')
  return { references: whole.length + split.length > 0 ? { whole, split } : undefined, markers }
}

function hasHashInside(bytes: Uint8Array, index: NameIndex): boolean {
  const content = decompress(bytes)
  let found = false
  if (content !== undefined) {
    forEachText(content, index.hashes, () => {
      found = true
    })
  }
  return found
}
