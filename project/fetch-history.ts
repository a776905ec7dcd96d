import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type LongOperation, throwIfInterrupted } from '../base/index.ts'
import type { RefsDocument } from '../history/index.ts'
import type { Backend } from '../store/index.ts'
import type { Project } from './project.ts'
import { gitPackKey } from './remote-refs.ts'
import type { RemoteAddress } from './remotes.ts'

/** Brings the Git objects that the remote's refs need and notes where these refs are. Answers the bytes received. */
export async function fetchHistory(
  project: Project,
  options: { backend: Backend; remote: RemoteAddress; document: RefsDocument } & LongOperation,
): Promise<number> {
  const { backend, remote, document, signal, onProgress } = options
  const { repository } = project
  let bytes = 0
  if (repository.missing(Object.values(document.refs)).length > 0) {
    const total = document.packs.reduce((sum, pack) => sum + pack.size, 0)
    // Later packs build on earlier ones: in the order they were pushed, so that a cut leaves a history without holes.
    for (const { name, size } of document.packs) {
      throwIfInterrupted(signal)
      if (hasPack(repository.gitFolder, name)) continue
      const pack = await backend.get(gitPackKey(remote, name, 'pack'), { signal })
      await repository.importPack(name, pack, { signal })
      bytes += size
      onProgress?.({ phase: 'Fetching history', done: bytes, total, unit: 'bytes' })
    }
  }
  repository.setRemoteRefs('origin', document.refs)
  return bytes
}

function hasPack(gitFolder: string, name: string): boolean {
  return existsSync(join(gitFolder, 'objects', 'pack', `${name}.idx`))
}
