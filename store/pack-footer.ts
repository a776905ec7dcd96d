import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { explaining } from '../base/index.ts'
import { hashInto } from './hash.ts'
import { maximumSection } from './limits.ts'
import { failPack, PackIndex, packHead } from './pack-index.ts'
import type { Id } from './types.ts'

// docs/formats/pack.md
const magic = 'ZPKE'
const footerLength = 48

/** What follows an index section that begins at `offset`. */
export function encodeFooter(section: Uint8Array, offset: number): Buffer {
  const footer = Buffer.allocUnsafe(footerLength)
  footer.writeBigUInt64LE(BigInt(offset), 0)
  footer.writeUInt32LE(section.length, 8)
  hashInto(section, footer, 12)
  footer.write(magic, 44, 'latin1')
  return footer
}

/** Reads bytes of a pack: exactly `length` of them from `offset`. */
export type ReadAt = (offset: number, length: number) => Uint8Array

/**
 * Finds and checks the index of a pack of `size` bytes by its head and footer.
 * @param id the pack's name, where it is known
 * @throws ZagiError PACK_CORRUPT
 */
export function readPackIndex(size: number, read: ReadAt, id?: Id): PackIndex {
  if (size < packHead.length + footerLength) failPack(id, `it has only ${size} bytes`)
  if (!packHead.equals(read(0, packHead.length))) failPack(id, 'it does not begin with "ZPK1"')
  const footer = Buffer.from(read(size - footerLength, footerLength))
  if (footer.toString('latin1', 44) !== magic) failPack(id, 'it does not end with "ZPKE"')
  const offset = Number(footer.readBigUInt64LE(0))
  const length = footer.readUInt32LE(8)
  if (offset + length + footerLength !== size || length > maximumSection) failPack(id, 'its footer is wrong')
  const index = new PackIndex(read(offset, length), id)
  if (index.id !== footer.toString('hex', 12, 44)) failPack(id, 'its footer names another index')
  if (index.end !== offset) failPack(id, 'its frames do not end where its index begins')
  return index
}

/** The index of a pack file. @throws ZagiError PACK_CORRUPT, FILE_NOT_FOUND, … */
export function readPackFileIndex(path: string, id?: Id): PackIndex {
  return explaining('read', path, () => {
    const file = openSync(path, 'r')
    try {
      return readPackIndex(fstatSync(file).size, readFileAt(file, id), id)
    } finally {
      closeSync(file)
    }
  })
}

/** Reads an open pack file. */
export function readFileAt(file: number, id: Id | undefined): ReadAt {
  return (offset, length) => {
    const bytes = Buffer.allocUnsafe(length)
    if (readSync(file, bytes, 0, length, offset) !== length) failPack(id, 'it ends too early')
    return bytes
  }
}
