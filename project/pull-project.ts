import { rmSync } from 'node:fs'
import { type LongOperation, ZagiError } from '../base/index.ts'
import type { FileChange } from '../history/index.ts'
import { recordDeps } from './commit-project.ts'
import { readDepsPointer } from './deps-part.ts'
import { fetchHistory } from './fetch-history.ts'
import { fetchParts } from './fetch-parts.ts'
import { layoutOf } from './layout.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { partsOf } from './pointers.ts'
import { type Project, workingCopy } from './project.ts'
import { readExistingRefs } from './remote-refs.ts'
import { findRemote, openServerChunks, type RemoteAddress } from './remotes.ts'
import { beginSettling, settle } from './settle.ts'

export interface Pulled {
  remote: RemoteAddress
  branch: string
  before: string | undefined
  commit: string
  /** Source files that were written or removed. */
  files: FileChange[]
  /** Source files that keep an edit that is not committed. */
  kept: string[]
  parts: PartsChange
  /** Bytes received. */
  bytes: number
}

/**
 * Brings the remote's commits of the current branch here and moves to them: source, dependencies and environment.
 * Everything is fetched before anything on disk changes.
 * @throws ZagiError NO_REMOTE, REPOSITORY_NOT_FOUND, DIVERGED (nothing touched), SERVER_UNREACHABLE
 */
export async function pullProject(project: Project, operation: LongOperation): Promise<Pulled> {
  await settle(project, operation)
  const { repository } = project
  const remote = findRemote(project.folder)
  const branch = repository.currentBranch()
  if (branch === undefined) {
    throw new ZagiError('USAGE', 'There is no branch to pull into: HEAD is detached', {
      hint: 'Go to a branch with: git switch NAME',
    })
  }
  const chunks = openServerChunks(project.user, remote.server)
  const document = await readExistingRefs(chunks.backend, remote)
  const commit = document.refs[`refs/heads/${branch}`]
  if (commit === undefined) {
    throw new ZagiError('REPOSITORY_NOT_FOUND', `The remote has no branch "${branch}"`, {
      hint: 'Make it there with: zagi push',
    })
  }
  const gitBytes = await fetchHistory(project, { backend: chunks.backend, remote, document, ...operation })
  const { folders } = await recordDeps(project, operation)
  const copy = { ...workingCopy(project, folders, 'pull'), ...operation }
  await repository.snapshot(copy)
  const before = repository.head()
  const common = { remote, branch, before }
  if (before !== undefined && repository.isAncestor(commit, before)) {
    const nothing = { files: [], kept: [], parts: { tools: [], deps: undefined } }
    return { ...common, ...nothing, commit: before, bytes: gitBytes }
  }
  const got = await fetchParts(project, { chunks, remote, commit, ...operation })
  beginSettling(project, readDepsPointer(project))
  let result: Awaited<ReturnType<typeof repository.checkout>>
  try {
    result = await repository.checkout({ ...copy, commit, branch })
  } catch (error) {
    if (repository.head() === before) rmSync(layoutOf(project.folder).pending, { force: true })
    throw error
  }
  await settle(project, operation)
  const parts = partsChange(partsOf(repository, before), partsOf(repository, commit))
  return { ...common, commit, files: result.files, kept: result.kept, parts, bytes: gitBytes + got.bytes }
}
