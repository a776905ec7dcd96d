import { parseRepositoryName, ZagiError } from '../base/index.ts'
import { download } from './download.ts'
import { writeId } from './id.ts'
import { IdSet } from './id-set.ts'
import { encodeManifest, manifestId, parseManifest } from './manifest.ts'
import { remoteCatalog } from './remote-catalog.ts'
import { manifestKey } from './remote-keys.ts'
import { localStore } from './store.ts'
import type { Backend, ChunkService, Id, Remote } from './types.ts'
import { upload } from './upload.ts'

// Ids asked for at once: 3 MB a question.
const batch = 250_000
const prefixLength = 12

/**
 * Chunks at a backend. A zagi server answers what it has; of a plain object storage that is learnt from pack indexes.
 * @param options.cacheFolder where indexes of remote packs are kept, for all remotes of a user
 */
export function openRemote(backend: Backend, options: { cacheFolder: string }): Remote {
  const { cacheFolder } = options
  const catalog = remoteCatalog(backend, cacheFolder)
  const brought = new IdSet()
  const remote: Remote = {
    backend,
    async missing(ids, { signal } = {}) {
      if (backend.chunks !== undefined) return askMissing(backend.chunks, [...ids], signal)
      await catalog.refresh(signal)
      return [...ids].filter((id) => !catalog.has(id))
    },
    async upload(store, ids, operation = {}) {
      const missing = await remote.missing(ids, operation)
      if (missing.length === 0) return { chunks: 0, bytes: 0, packs: [] }
      return upload({ backend, store: localStore(store), ids: missing, ...operation })
    },
    async publish(repository, roots, store, { signal } = {}) {
      parseRepositoryName(repository)
      const id = manifestId(roots)
      if (backend.chunks !== undefined) {
        const written = await backend.chunks.publish(repository, roots, signal)
        if (written === id) return id
        throw new ZagiError('BAD_ANSWER', `"${backend.address}" wrote another manifest than it was asked to`)
      }
      await catalog.refresh(signal)
      const { holdings, missing } = catalog.holdings(store.reachable(roots))
      if (missing.length > 0) {
        throw new ZagiError('CHUNK_MISSING', `The remote "${backend.address}" lacks the chunk "${missing[0]}"`, {
          hint: 'Push again',
        })
      }
      await backend.put(manifestKey(repository, id), encodeManifest({ version: 1, roots, holdings }), { signal })
      return id
    },
    async holdings(repository, id) {
      parseRepositoryName(repository)
      const { roots, holdings } = parseManifest(await backend.get(manifestKey(repository, id)))
      if (manifestId(roots) === id) return holdings
      throw new ZagiError('MANIFEST_CORRUPT', `"${backend.address}" has something else as the manifest "${id}"`, {
        hint: 'Push again from a machine that has the snapshot',
      })
    },
    download: (store, holdings, operation = {}) =>
      download({ backend, store: localStore(store), holdings, cacheFolder, brought, ...operation }),
  }
  return remote
}

async function askMissing(service: ChunkService, ids: Id[], signal: AbortSignal | undefined): Promise<Id[]> {
  const missing: Id[] = []
  const bytes = Buffer.alloc(32)
  for (let from = 0; from < ids.length; from += batch) {
    const part = ids.slice(from, from + batch)
    const prefixes = Buffer.alloc(part.length * prefixLength)
    part.forEach((id, i) => {
      writeId(id, bytes, 0)
      bytes.copy(prefixes, i * prefixLength, 0, prefixLength)
    })
    const bitmap = await service.missing(prefixes, signal)
    part.forEach((id, i) => {
      if ((bitmap[i >> 3]! >> (i & 7)) & 1) missing.push(id)
    })
  }
  return missing
}
