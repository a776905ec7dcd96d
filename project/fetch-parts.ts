import { isZagiError, type LongOperation, ZagiError } from '../base/index.ts'
import { closureRoots } from '../envs/index.ts'
import { manifestId, type Remote, type Roots } from '../store/index.ts'
import { closuresOf, partRoots } from './part-roots.ts'
import { partsOf } from './pointers.ts'
import type { Project } from './project.ts'
import type { RemoteAddress } from './remotes.ts'

export interface FetchedParts {
  chunks: number
  bytes: number
  /** Chunks that were in the store already. */
  reused: number
}

/** Brings the chunks of all parts of a commit for this machine's system into the store. @throws ZagiError CHUNK_MISSING */
export async function fetchParts(
  project: Project,
  options: { chunks: Remote; remote: RemoteAddress; commit: string } & LongOperation,
): Promise<FetchedParts> {
  const { chunks, remote, commit, ...operation } = options
  const total: FetchedParts = { chunks: 0, bytes: 0, reused: 0 }
  const fetch = async (roots: Roots) => {
    const holdings = await findHoldings(chunks, remote, { roots, commit })
    const got = await chunks.download(project.store, holdings, operation)
    total.chunks += got.chunks
    total.bytes += got.bytes
    total.reused += got.reused
  }
  const parts = partsOf(project.repository, commit)
  const first = partRoots(parts)
  if (first === undefined) return total
  await fetch(first)
  for (const closure of closuresOf(parts)) await fetch(closureRoots(project.store, closure))
  return total
}

async function findHoldings(chunks: Remote, remote: RemoteAddress, wanted: { roots: Roots; commit: string }) {
  try {
    return await chunks.holdings(remote.repository, manifestId(wanted.roots))
  } catch (error) {
    if (!isZagiError(error, 'KEY_NOT_FOUND')) throw error
    throw new ZagiError(
      'CHUNK_MISSING',
      `The remote does not have the dependencies and tools of commit ${wanted.commit.slice(0, 10)}`,
      { hint: 'Push again with zagi from a machine that has them: zagi push', cause: error },
    )
  }
}
