import { ByteReader, ZagiError } from '../base/index.ts'
import { idAt } from './id.ts'
import { maximumObject } from './limits.ts'
import type { Id } from './types.ts'

// docs/formats/blob-recipe.md
const magic = 'ZBR1'
const headLength = 16
const itemLength = 36
const largestChunk = 128 * 1024

/** The chunks of a blob, in order. */
export interface Recipe {
  size: number
  chunks: { id: Id; size: number }[]
}

/**
 * The one encoding of a chunk list.
 * @param ids 32 bytes a chunk
 * @param ends where each of the `count` chunks ends in the content
 * @throws ZagiError TOO_LARGE beyond about 100 GB
 */
export function encodeRecipe(ids: Buffer, ends: readonly number[], count: number): Uint8Array {
  const length = headLength + count * itemLength
  const size = ends[count - 1] ?? 0
  if (length > maximumObject) {
    throw new ZagiError('TOO_LARGE', `A file of ${size} bytes is too large to be stored`)
  }
  const bytes = Buffer.allocUnsafe(length)
  bytes.write(magic, 'latin1')
  bytes.writeUInt32LE(count, 4)
  bytes.writeBigUInt64LE(BigInt(size), 8)
  let start = 0
  for (let i = 0; i < count; i++) {
    const at = headLength + i * itemLength
    ids.copy(bytes, at, i * 32, i * 32 + 32)
    bytes.writeUInt32LE(ends[i]! - start, at + 32)
    start = ends[i]!
  }
  return bytes
}

/** Reads a recipe that nobody has checked. @throws ZagiError TREE_CORRUPT */
export function decodeRecipe(bytes: Uint8Array): Recipe {
  if (bytes.length > maximumObject) fail(`is ${bytes.length} bytes long`)
  const reader = new ByteReader(bytes, fail)
  reader.magic(magic)
  const count = reader.u32()
  const size = reader.u64()
  if (count < 2 || reader.left !== count * itemLength) fail(`has ${reader.left} bytes for ${count} chunks`)
  const chunks: Recipe['chunks'] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    const id = idAt(reader.bytes(32), 0)
    const length = reader.u32()
    if (length === 0 || length > largestChunk) fail(`has a chunk of ${length} bytes`)
    total += length
    chunks.push({ id, size: length })
  }
  if (total !== size) fail(`says ${size} bytes and lists ${total}`)
  return { size, chunks }
}

function fail(why: string): never {
  throw new ZagiError('TREE_CORRUPT', `A blob recipe is damaged: it ${why}`, {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}
