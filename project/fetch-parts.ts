import { isZagiError, type LongOperation, thisSystem, ZagiError } from '../base/index.ts'
import { closureRoots } from '../envs/index.ts'
import { manifestId, type Remote, type Roots } from '../store/index.ts'
import { ensureEnvironment } from './env-part.ts'
import { allRoots, closuresOf, partRoots } from './part-roots.ts'
import { partsOf } from './pointers.ts'
import type { Project } from './project.ts'
import { listRemotes, openServerChunks, type RemoteAddress } from './remotes.ts'

export interface FetchedParts {
  chunks: number
  bytes: number
  /** Chunks that were in the store already. */
  reused: number
}

export interface FetchParts extends LongOperation {
  chunks: Remote
  remote: RemoteAddress
  commit: string
}

/** Brings the chunks of all parts of a commit for this machine's system into the store. @throws ZagiError CHUNK_MISSING */
export async function fetchParts(project: Project, options: FetchParts): Promise<FetchedParts> {
  try {
    return await fetchAllParts(project, options)
  } catch (error) {
    throw blameRemote(error)
  }
}

/** For what is missing right after everything was fetched: fetching again would not help. */
export function blameRemote(error: unknown): unknown {
  if (!isZagiError(error, 'CHUNK_MISSING')) return error
  return new ZagiError('CHUNK_MISSING', error.message, {
    hint: 'The remote lacks a part of this commit: run "zagi push" on a machine that has it',
    cause: error,
  })
}

/** Fetches what the store has lost of a commit's parts, and makes its tools again. Answers the bytes received. */
export async function completeParts(project: Project, options: FetchParts): Promise<number> {
  const { chunks: _chunks, remote: _remote, commit, ...operation } = options
  const got = isComplete(project, commit) ? undefined : await fetchParts(project, options)
  await ensureEnvironment(project, operation)
  return got?.bytes ?? 0
}

/** Runs an action that can be repeated; where the store lacks something, it is fetched from the project's origin before the second try. */
export async function fetchingWhatLacks<T>(
  project: Project,
  operation: LongOperation,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const remote = listRemotes(project.folder)['origin']
    const commit = project.repository.head()
    if (!isZagiError(error, 'CHUNK_MISSING') || remote === undefined || commit === undefined) throw error
    const chunks = openServerChunks(project.user, remote.server)
    await fetchParts(project, { chunks, remote, commit, ...operation })
    return action()
  }
}

function isComplete({ repository, store }: Project, commit: string): boolean {
  try {
    for (const roots of allRoots(store, partsOf(repository, commit), thisSystem())) store.reachable(roots)
    return true
  } catch (error) {
    if (isZagiError(error, 'CHUNK_MISSING')) return false
    throw error
  }
}

async function fetchAllParts(project: Project, options: FetchParts): Promise<FetchedParts> {
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
      { cause: error },
    )
  }
}
