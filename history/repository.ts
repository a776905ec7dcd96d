import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { configuredAuthor } from './author.ts'
import { checkoutCommit } from './checkout-commit.ts'
import { commitChange } from './commit-change.ts'
import { type Context, openContext } from './context.ts'
import { writeExcludes } from './excludes.ts'
import { findGitFolder, makeGitFolder } from './git/git-folder.ts'
import { emptyTree } from './git/git-object.ts'
import { indexPack } from './git/index-pack.ts'
import { branchRef } from './git/ref-name.ts'
import { readHead, readRefs } from './git/refs.ts'
import { writePack } from './git/write-pack.ts'
import { compareSides, reaches } from './graph.ts'
import { logChanges } from './log-changes.ts'
import { headCommit } from './operations/head-commit.ts'
import { listOperations, newestView } from './operations/newest-view.ts'
import { packObjects } from './pack-objects.ts'
import { recordWorkingCopy } from './record-working-copy.ts'
import { recordRemoteRefs } from './remote-refs.ts'
import { resolveName } from './resolve-name.ts'
import { inSession, inSessionSync } from './session.ts'
import { diffTrees, toFileChanges } from './tree-diff.ts'
import { readFileInTree, readFolderInTree } from './tree-path.ts'
import type { InitOptions, Repository, RepositoryOptions, WorkingCopyOptions, WorkingCopyStatus } from './types.ts'

/**
 * Makes `folder` a repository, or takes the Git repository that it is already, and begins its operation log.
 * @throws ZagiError GIT_UNSUPPORTED, BAD_NAME
 */
export function initRepository(folder: string, options: InitOptions): Repository {
  branchRef(options.branch)
  if (findGitFolder(folder, options.userConfig) === undefined) {
    // What is known of files is about objects of a repository that is gone.
    rmSync(join(folder, '.zagi', 'state', 'source.index'), { force: true })
    rmSync(join(folder, '.zagi', 'state', 'ops'), { recursive: true, force: true })
    makeGitFolder(folder, options.branch)
  }
  const git = findGitFolder(folder, options.userConfig)
  if (git === undefined) throw new Error('Bug: the Git folder that was just made is not there')
  writeExcludes(git, [])
  const context = openContext(folder, git, options)
  inSessionSync(context, () => {})
  return repositoryOf(context)
}

/** The repository whose working folder is `folder`; undefined where there is none. @throws ZagiError GIT_UNSUPPORTED */
export function openRepository(folder: string, options: RepositoryOptions): Repository | undefined {
  const git = findGitFolder(folder, options.userConfig)
  return git && repositoryOf(openContext(folder, git, options))
}

function repositoryOf(context: Context): Repository {
  const { folder, git, commits, objects } = context
  const position = () => ({ head: readHead(git), refs: readRefs(git) })
  return {
    folder,
    gitFolder: git.own,
    snapshot: (options) =>
      inSession(context, async (session) => {
        await recordWorkingCopy(session, options)
        return commits.change(session.operation.view.workingChange)
      }),
    status: (options) => statusOf(context, options),
    commit: (options) => inSession(context, (session) => commitChange(session, options)),
    checkout: (options) => inSession(context, (session) => checkoutCommit(session, options)),

    log: (options) => logChanges(context, options),
    change: (commit) => commits.change(commit),
    workingChange: () =>
      commits.change(
        newestView(context)?.workingChange ?? inSessionSync(context, (s) => s.operation.view.workingChange),
      ),
    readFile: (commit, path) => readFileInTree(objects, commits.get(commit).tree, path),
    readFolder: (commit, path) => readFolderInTree(objects, commits.get(commit).tree, path),
    compare: (from, to) =>
      toFileChanges(diffTrees(objects, from === undefined ? emptyTree : commits.get(from).tree, commits.get(to).tree)),
    resolve: (name) => resolveName(context, name),
    branches: () => refsBelow(readRefs(git), 'refs/heads/', ''),
    remoteRefs: (remote) => refsBelow(readRefs(git), `refs/remotes/${remote}/`, 'refs/heads/'),
    currentBranch: () => shortBranch(readHead(git)),
    head: () => headCommit(position()),
    configuredAuthor: () => configuredAuthor(context),

    packFor: (options) => packObjects(context, options),
    async importPack(name, pack, operation) {
      const index = await indexPack(name, pack, operation)
      writePack(objects.folder, { name, pack: Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength), index })
      objects.refresh()
    },
    missing: (ids) => ids.filter((id) => !objects.has(id)),
    newCommits: ({ want, have }) =>
      compareSides(
        commits,
        want,
        have.filter((id) => objects.has(id)),
      ).leftOnly,
    setRemoteRefs: (remote, refs) => inSessionSync(context, (session) => recordRemoteRefs(session, remote, refs)),
    isAncestor: (ancestor, descendant) => reaches(commits, descendant, ancestor),

    finishInterrupted: () => inSessionSync(context, () => {}),
    setExcludes: (patterns) => writeExcludes(git, patterns),
    operations: (limit = Number.POSITIVE_INFINITY) => listOperations(context, limit),
  }
}

function statusOf(context: Context, options: WorkingCopyOptions): Promise<WorkingCopyStatus> {
  return inSession(context, async (session) => {
    const scan = await recordWorkingCopy(session, options)
    const { commits, objects } = context
    const { head, workingChange } = session.operation.view
    const change = commits.change(workingChange)
    const [base] = change.parents
    const parent = base === undefined ? undefined : commits.change(base)
    const files = toFileChanges(diffTrees(objects, parent?.tree ?? emptyTree, change.tree))
    return { branch: shortBranch(head), change, parent, files, nested: scan.nested }
  })
}

function shortBranch(head: string): string | undefined {
  return head.startsWith('refs/heads/') ? head.slice('refs/heads/'.length) : undefined
}

function refsBelow(refs: Record<string, string>, prefix: string, newPrefix: string): Record<string, string> {
  const found = Object.entries(refs).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(found.map(([name, id]) => [newPrefix + name.slice(prefix.length), id]))
}
