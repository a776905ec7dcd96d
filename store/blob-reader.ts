import { ZagiError } from '../base/index.ts'
import { decodeRecipe } from './blob.ts'
import { maximumBlobInMemory } from './limits.ts'
import type { BlobRef, Store } from './types.ts'

/** Puts a blob together. The bytes may be a view on the store's memory: not to be written to. */
export function readBlob(store: Store, ref: BlobRef): Uint8Array {
  if (!ref.chunked) {
    const bytes = store.read(ref.id)
    if (bytes.length !== ref.size) failSize(ref, bytes.length)
    return bytes
  }
  const recipe = decodeRecipe(store.read(ref.id))
  if (recipe.size !== ref.size) failSize(ref, recipe.size)
  if (recipe.size > maximumBlobInMemory) {
    throw new ZagiError('TOO_LARGE', `A blob of ${recipe.size} bytes does not fit into memory`)
  }
  for (const { id } of recipe.chunks) if (!store.has(id)) store.read(id)
  const bytes = Buffer.allocUnsafe(recipe.size)
  let at = 0
  for (const { id, size } of recipe.chunks) {
    const chunk = store.read(id)
    if (chunk.length !== size) failSize(ref, recipe.size)
    bytes.set(chunk, at)
    at += size
  }
  return bytes
}

function failSize(ref: BlobRef, size: number): never {
  throw new ZagiError('TREE_CORRUPT', `The blob "${ref.id}" has ${size} bytes, but ${ref.size} were promised`, {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}
