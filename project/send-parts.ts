import { crashPoint, type LongOperation, thisSystem, throwIfInterrupted, ZagiError } from '../base/index.ts'
import { manifestId, type Remote, type Roots } from '../store/index.ts'
import { allRoots, partRoots, systemsOf } from './part-roots.ts'
import { type Parts, partsOf, readablePartsOf } from './pointers.ts'
import type { Project } from './project.ts'
import type { RemoteAddress } from './remotes.ts'

export interface SendParts {
  chunks: Remote
  remote: RemoteAddress
  /** Newest first. */
  commits: string[]
  operation: LongOperation
}

/** Uploads the parts of these commits and publishes a manifest for each set of roots. */
export async function sendParts(project: Project, options: SendParts): Promise<{ chunks: number; bytes: number }> {
  const { chunks, remote, commits, operation } = options
  const total = { chunks: 0, bytes: 0 }
  await checkNewest(project, options)
  for (const roots of distinctRoots(project, commits)) {
    throwIfInterrupted(operation.signal)
    if ((await chunks.backend.head(manifestKey(remote, roots))) !== undefined) continue
    const sent = await chunks.upload(project.store, project.store.reachable(roots), operation)
    total.chunks += sent.chunks
    total.bytes += sent.bytes
    crashPoint('push:chunks')
    await chunks.publish(remote.repository, roots, project.store, operation)
  }
  return total
}

/** The commit that others will get must have its parts, here or there. @throws ZagiError CHUNK_MISSING */
async function checkNewest(project: Project, { chunks, remote, commits }: SendParts): Promise<void> {
  const [newest] = commits
  const parts = partsOf(project.repository, newest)
  const roots = partRoots(parts)
  if (roots === undefined || isHere(project, parts, thisSystem())) return
  if ((await chunks.backend.head(manifestKey(remote, roots))) !== undefined) return
  throw new ZagiError(
    'CHUNK_MISSING',
    `The dependencies and tools of commit ${newest!.slice(0, 10)} are not on this machine`,
    {
      hint: 'Push from a machine that has them, or record what is on disk here with: zagi commit',
    },
  )
}

function manifestKey(remote: RemoteAddress, roots: Roots): string {
  return `repos/${remote.repository}/manifests/${manifestId(roots)}`
}

// Most commits name the parts of the commit before: each set is sent once.
function distinctRoots(project: Project, commits: string[]): Roots[] {
  const sets = new Map<string, Roots>()
  for (const commit of commits) {
    const parts = readablePartsOf(project.repository, commit)
    for (const system of systemsOf(parts)) {
      if (!isHere(project, parts, system)) continue
      for (const roots of allRoots(project.store, parts, system)) sets.set(manifestId(roots), roots)
    }
  }
  return [...sets.values()]
}

// The parts of another system came from a remote with the commit and were not fetched to this machine.
function isHere(project: Project, parts: Parts, system: string): boolean {
  const deps = parts.deps.find((pointer) => pointer.system === system)
  const closures = Object.values(parts.env.tools).flatMap(
    (tool) => Object.entries(tool.systems).find(([name]) => name === system)?.[1].closure ?? [],
  )
  return (deps === undefined || project.store.has(deps.root)) && closures.every(({ id }) => project.store.has(id))
}
