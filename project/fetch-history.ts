import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isZagiError, type LongOperation, throwIfInterrupted, ZagiError } from '../base/index.ts'
import type { RefsDocument } from '../history/index.ts'
import type { Backend } from '../store/index.ts'
import type { Project } from './project.ts'
import { gitPackKey } from './remote-refs.ts'
import { formatRemoteAddress, type RemoteAddress } from './remotes.ts'

export interface FetchHistory extends LongOperation {
  backend: Backend
  remote: RemoteAddress
  document: RefsDocument
}

/** Brings the Git objects that the remote's refs need and notes where these refs are. Answers the bytes received. */
export async function fetchHistory(project: Project, options: FetchHistory): Promise<number> {
  const { remote, document, signal, onProgress } = options
  const { repository } = project
  let bytes = 0
  let fetched = 0
  if (repository.missing(Object.values(document.refs)).length > 0) {
    const total = document.packs.reduce((sum, pack) => sum + pack.size, 0)
    // Later packs build on earlier ones: in the order they were pushed, so that a cut leaves a history without holes.
    for (const { name, size } of document.packs) {
      throwIfInterrupted(signal)
      if (hasPack(repository.gitFolder, name)) continue
      const pack = await fetchPack(options, name)
      await repository.importPack(name, pack, { signal })
      bytes += pack.length
      fetched += size
      onProgress?.({ phase: 'Fetching history', done: fetched, total, unit: 'bytes' })
    }
    const [missing] = repository.missing(Object.values(document.refs))
    if (missing !== undefined) {
      throw damagedRemote(remote, `names the commit "${missing}", which is in none of its packs`)
    }
  }
  repository.setRemoteRefs('origin', document.refs)
  return bytes
}

async function fetchPack({ backend, remote, signal }: FetchHistory, name: string): Promise<Uint8Array> {
  try {
    return await backend.get(gitPackKey(remote, name, 'pack'), { signal })
  } catch (error) {
    if (!isZagiError(error, 'KEY_NOT_FOUND')) throw error
    throw damagedRemote(remote, `lacks its pack "${name}"`, error)
  }
}

function damagedRemote(remote: RemoteAddress, why: string, cause?: unknown): ZagiError {
  return new ZagiError('GIT_OBJECT_CORRUPT', `The repository ${formatRemoteAddress(remote)} ${why}`, {
    hint: 'Have the storage of the server looked at; a clone of somebody else may still have it',
    cause,
  })
}

function hasPack(gitFolder: string, name: string): boolean {
  return existsSync(join(gitFolder, 'objects', 'pack', `${name}.idx`))
}
