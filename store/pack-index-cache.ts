import { dirname, join } from 'node:path'
import { ensureFolder, isZagiError, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import { PackIndex } from './pack-index.ts'
import { packIndexKey } from './remote-keys.ts'
import type { Backend, Id } from './types.ts'

/**
 * The index of a pack at a remote. Indexes never change, so what was fetched once is kept in a folder.
 * @throws ZagiError KEY_NOT_FOUND, PACK_CORRUPT
 */
export async function remotePackIndex(
  backend: Backend,
  id: Id,
  options: { cacheFolder: string; signal?: AbortSignal | undefined },
): Promise<PackIndex> {
  const path = join(options.cacheFolder, id.slice(0, 2), `${id}.index`)
  const cached = readFileIfPresent(path)
  try {
    if (cached !== undefined) return new PackIndex(cached, id)
  } catch (error) {
    if (!isZagiError(error, 'PACK_CORRUPT')) throw error
  }
  const index = new PackIndex(await backend.get(packIndexKey(id), { signal: options.signal }), id)
  ensureFolder(dirname(path))
  writeFileAtomic(path, index.section)
  return index
}
