import { isZagiError } from '../base/index.ts'
import { type Backend, PackIndex } from '../store/index.ts'
import { KnownChunks } from './known-chunks.ts'
import { parseObjectKey } from './object-key.ts'
import { errorText, type ServerLog } from './server-log.ts'

/** What chunks the storage has: the known ones, kept up with what other servers add. */
export interface ChunkCatalog {
  readonly known: KnownChunks
  /** Resolves once everything that was in the storage at `since` (a `performance.now()`) is known. */
  refresh(since: number): Promise<void>
}

// Index files being fetched at once.
const fetches = 8

/** A catalog over a storage; nothing is read before the first `refresh`. */
export function openChunkCatalog(storage: Backend, log: ServerLog): ChunkCatalog {
  const known = new KnownChunks()
  const damaged = new Set<string>()
  let started = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const fetchOne = async (key: string, id: string) => {
    try {
      known.add(new PackIndex(await storage.get(key), id))
    } catch (error) {
      if (!isZagiError(error, 'PACK_CORRUPT') && !isZagiError(error, 'INDEX_CORRUPT')) throw error
      // Its chunks count as missing: whoever has them uploads them again, into another pack.
      damaged.add(id)
      log({ event: 'error', error: errorText(error) })
    }
  }
  const refreshNow = async () => {
    const pending = new Set<Promise<void>>()
    for await (const { key } of storage.list('packs/')) {
      const id = packOfIndexKey(key)
      if (id === undefined || known.hasPack(id) || damaged.has(id)) continue
      const fetching = fetchOne(key, id).finally(() => pending.delete(fetching))
      pending.add(fetching)
      if (pending.size >= fetches) await Promise.race(pending)
    }
    await Promise.all(pending)
  }
  const refresh: ChunkCatalog['refresh'] = async (since) => {
    if (started >= since) return running
    // One that began too early may have missed something; another is of no use before it has ended.
    await running?.catch(() => {})
    if (started >= since) return running
    const before = started
    started = performance.now()
    running = refreshNow().catch((error) => {
      started = before
      running = undefined
      throw error
    })
    return running
  }
  return { known, refresh }
}

/** An index file is there only when its pack is: the pack is written first. */
function packOfIndexKey(key: string): string | undefined {
  if (!key.endsWith('.index')) return undefined
  try {
    const parsed = parseObjectKey(key)
    return parsed.kind === 'pack index' ? parsed.id : undefined
  } catch (error) {
    if (isZagiError(error, 'BAD_NAME')) return undefined
    throw error
  }
}
