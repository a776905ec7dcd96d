import { crashPoint, isZagiError, type LongOperation, ZagiError } from '../base/index.ts'
import type { RefsDocument, RemotePack } from '../history/index.ts'
import type { Backend } from '../store/index.ts'
import type { Project } from './project.ts'
import { gitPackKey, type RemoteRefs, readRemoteRefs, replaceRemoteRefs } from './remote-refs.ts'
import { findRemote, openServerChunks, parseRemoteAddress, type RemoteAddress, setRemote } from './remotes.ts'
import { sendParts } from './send-parts.ts'
import { settle } from './settle.ts'

export interface Pushed {
  remote: RemoteAddress
  branch: string
  commit: string
  /** Where the remote's branch was before; undefined: the branch is new there. */
  before: string | undefined
  /** True where the repository was not there before. */
  created: boolean
  commits: number
  chunks: number
  /** Bytes sent: packs of chunks and of Git objects. */
  bytes: number
}

// Somebody may push another branch at the same moment: each round reads the document anew.
const rounds = 5

/**
 * Sends the current branch with everything its commits name. Order: chunks, Git pack, manifests, and last the refs by
 * compare-and-swap: a reader at the remote never sees a commit whose parts are not all there.
 * @throws ZagiError NO_REMOTE, NO_COMMITS, DIVERGED, REF_MOVED, AUTH_MISSING, AUTH_DENIED, SERVER_UNREACHABLE
 */
export async function pushProject(project: Project, options: { to?: string } & LongOperation): Promise<Pushed> {
  const { to, ...operation } = options
  await settle(project, operation)
  const remote = to === undefined ? findRemote(project.folder) : parseRemoteAddress(project.user, to)
  const { branch, commit } = branchToPush(project)
  const chunks = openServerChunks(project.user, remote.server)
  const refs = await readRemoteRefs(chunks.backend, remote)
  const ref = `refs/heads/${branch}`
  const commits = newCommits(project, { commit, document: refs.document, ref })
  // Also where the commit is there already: its parts may have been lost, or plain Git may have brought it.
  const sent = await sendParts(project, { chunks, remote, commits: [...new Set([commit, ...commits])], operation })
  crashPoint('push:manifest')
  const pack = await sendGitPack(project, {
    backend: chunks.backend,
    remote,
    commit,
    document: refs.document,
    operation,
  })
  const before = await moveRef({ backend: chunks.backend, remote, refs, ref, commit, pack: pack?.pack })
  crashPoint('push:refs')
  project.repository.setRemoteRefs('origin', { ...refs.document.refs, [ref]: commit })
  if (to !== undefined) setRemote(project.folder, 'origin', remote)
  const bytes = sent.bytes + (pack?.bytes ?? 0)
  const created = refs.version === undefined
  return { remote, branch, commit, before, created, commits: commits.length, chunks: sent.chunks, bytes }
}

function branchToPush(project: Project): { branch: string; commit: string } {
  const branch = project.repository.currentBranch()
  const commit = project.repository.head()
  if (commit === undefined) {
    throw new ZagiError('NO_COMMITS', 'There is nothing to push: the project has no commit yet', {
      hint: 'Make one with: zagi commit -m MESSAGE',
    })
  }
  if (branch === undefined) {
    throw new ZagiError('USAGE', 'There is no branch to push: HEAD is detached', {
      hint: 'Go to a branch with: git switch NAME',
    })
  }
  return { branch, commit }
}

/** The commits that the remote's branches lack, newest first. @throws ZagiError DIVERGED */
function newCommits(project: Project, options: { commit: string; document: RefsDocument; ref: string }): string[] {
  const { commit, document, ref } = options
  const { repository } = project
  const there = document.refs[ref]
  if (there !== undefined && (repository.missing([there]).length > 0 || !repository.isAncestor(there, commit))) {
    throw new ZagiError('DIVERGED', `The remote's "${ref.replace('refs/heads/', '')}" has commits that are not here`, {
      hint: 'Bring them here first with: zagi pull',
    })
  }
  return repository.newCommits({ want: [commit], have: Object.values(document.refs) })
}

interface SendGitPack {
  backend: Backend
  remote: RemoteAddress
  commit: string
  document: RefsDocument
  operation: LongOperation
}

async function sendGitPack(
  project: Project,
  options: SendGitPack,
): Promise<{ pack: RemotePack; bytes: number } | undefined> {
  const { backend, remote, commit, document, operation } = options
  const want = { want: [commit], have: Object.values(document.refs) }
  const packed = await project.repository.packFor({ ...want, ...operation })
  if (packed === undefined) return undefined
  const { name, pack, index, objects } = packed
  await backend.put(gitPackKey(remote, name, 'pack'), pack, { signal: operation.signal })
  await backend.put(gitPackKey(remote, name, 'idx'), index, { signal: operation.signal })
  crashPoint('push:git-pack')
  return { pack: { name, size: pack.length, objects }, bytes: pack.length + index.length }
}

interface MoveRef {
  backend: Backend
  remote: RemoteAddress
  refs: RemoteRefs
  ref: string
  commit: string
  pack: RemotePack | undefined
}

/** Moves one ref; answers where it was. @throws ZagiError REF_MOVED, DIVERGED */
async function moveRef(options: MoveRef): Promise<string | undefined> {
  const { backend, remote, ref, commit, pack } = options
  let refs = options.refs
  const before = refs.document.refs[ref]
  for (let round = 1; ; round++) {
    const { document, version } = refs
    const there = document.refs[ref]
    if (there !== before && there !== commit) {
      throw new ZagiError('REF_MOVED', `Somebody else pushed to "${ref.replace('refs/heads/', '')}" first`, {
        hint: 'Bring their commits here with: zagi pull, then push again',
      })
    }
    if (there === commit) return before
    const packs = pack === undefined || document.packs.some(({ name }) => name === pack.name) ? [] : [pack]
    const next: RefsDocument = {
      ...document,
      head: version === undefined ? ref : document.head,
      refs: { ...document.refs, [ref]: commit },
      packs: [...document.packs, ...packs],
    }
    try {
      await replaceRemoteRefs(backend, remote, { document: next, expected: version })
      return before
    } catch (error) {
      if (!isZagiError(error, 'REF_MOVED') || round === rounds) throw error
      refs = await readRemoteRefs(backend, remote)
    }
  }
}
