import type { LongOperation } from '../base/index.ts'
import { ZagiError } from '../base/index.ts'
import type { FileChange, RefsDocument } from '../history/index.ts'
import { fetchHistory } from './fetch-history.ts'
import { completeParts, fetchParts } from './fetch-parts.ts'
import { type Lacking, lackingParts } from './lacking-parts.ts'
import { isPointerPath } from './layout.ts'
import { moveToCommit } from './move-to-commit.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { partsOf, readablePartsOf } from './pointers.ts'
import type { Project } from './project.ts'
import { readExistingRefs } from './remote-refs.ts'
import { findRemote, openServerChunks, type RemoteAddress } from './remotes.ts'
import { settle } from './settle.ts'

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
  lacking: Lacking
  /** Bytes received. */
  bytes: number
}

/**
 * Brings the remote's commits of the current branch here and moves to them: source, dependencies and environment.
 * Everything is fetched before anything on disk changes. Where there is nothing new, what the store has lost of the
 * present commit is fetched again.
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
  const commit = remoteCommit(document, branch)
  const gitBytes = await fetchHistory(project, { backend: chunks.backend, remote, document, ...operation })
  const before = repository.head()
  const place = { chunks, remote, ...operation }
  if (before !== undefined && repository.isAncestor(commit, before)) {
    const bytes = gitBytes + (await completeParts(project, { ...place, commit: before }))
    const now = partsOf(repository, before)
    const told = { parts: partsChange(now, now), lacking: lackingParts(now) }
    return { remote, branch, before, commit: before, files: [], kept: [], ...told, bytes }
  }
  const got = await fetchParts(project, { ...place, commit })
  // Only now: to bring both sides together, theirs must be here with all its parts.
  if (before !== undefined && !repository.isAncestor(before, commit)) throw diverged(branch)
  const { files, kept } = await moveToCommit(project, { commit, branch, ...operation })
  const after = partsOf(repository, commit)
  return {
    remote,
    branch,
    before,
    commit,
    files: files.filter(({ path }) => !isPointerPath(path)),
    kept,
    parts: partsChange(readablePartsOf(repository, before), after),
    lacking: lackingParts(after),
    bytes: gitBytes + got.bytes,
  }
}

function diverged(branch: string): ZagiError {
  return new ZagiError('DIVERGED', `Both sides of "${branch}" have commits that the other lacks`, {
    hint: `Bring them together with: git merge origin/${branch}, then: zagi restore`,
  })
}

function remoteCommit(document: RefsDocument, branch: string): string {
  const commit = document.refs[`refs/heads/${branch}`]
  if (commit !== undefined) return commit
  throw new ZagiError('REPOSITORY_NOT_FOUND', `The remote has no branch "${branch}"`, {
    hint: 'Make it there with: zagi push',
  })
}
