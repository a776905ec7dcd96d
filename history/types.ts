import type { LongOperation } from '../base/index.ts'

/** Who wrote or recorded a change. */
export interface Person {
  name: string
  email: string
}

/** A person at a time, as a Git commit records it. */
export interface Signature extends Person {
  /** Seconds since 1970. */
  time: number
  /** Minutes east of UTC. */
  offset: number
}

/** A change: one Git commit, named for life by its change id. */
export interface Change {
  /** The Git commit: 40 hex digits. */
  commit: string
  /** 32 letters of `zyxwvutsrqponmlk`. */
  changeId: string
  parents: string[]
  /** The Git tree: 40 hex digits. */
  tree: string
  author: Signature
  committer: Signature
  message: string
  /** True where the tree is the first parent's tree (or empty, without parents). */
  empty: boolean
}

export interface LoggedChange extends Change {
  /** Short names of the branches, remote branches (`origin/main`) and tags that point here. */
  branches: string[]
  /** Letters of the change id that name it uniquely among the changes of this repository. */
  prefixLength: number
  /** True for the change that HEAD is on. */
  current: boolean
}

export interface FileChange {
  /** Project-relative, '/'-separated. */
  path: string
  change: 'added' | 'changed' | 'removed'
}

export interface WorkingCopyStatus {
  /** Short name of the branch that HEAD is on; undefined where it is detached. */
  branch: string | undefined
  /** The working change `@`, just snapshotted. */
  change: Change
  /** What `@` is based on; undefined before the first commit. */
  parent: Change | undefined
  /** How `@` differs from its parent, sorted by path. */
  files: FileChange[]
  /** Paths that are nested Git repositories of their own and therefore not recorded. */
  nested: string[]
}

/** What every command that reads or writes the working copy is told. */
export interface WorkingCopyOptions extends LongOperation {
  /** Answers false for what is not source (dependency folders, tools): not recorded unless Git tracks it. */
  isSource?(path: string, isFolder: boolean): boolean
  /** Author of `@`, where the Git configuration names none. */
  author: Person
  /** The command as the operation log shows it; default: what was done. */
  command?: string | undefined
}

export interface CommitOptions extends WorkingCopyOptions {
  message: string
}

export interface CheckoutOptions extends WorkingCopyOptions {
  /** Commit to go to: 40 hex digits. */
  commit: string
  /** Short name of the branch that is moved (or made) and becomes the current one. */
  branch: string
}

export interface CheckoutResult {
  /** The new working change on top of the commit. */
  change: Change
  /** What was written and removed in the working folder. */
  files: FileChange[]
  /** Paths that keep an edit that was not committed. */
  kept: string[]
}

/** One entry of the operation log, see docs/formats/operation-log.md. */
export interface Operation {
  /** 64 hex digits. */
  id: string
  parents: string[]
  kind: OperationKind
  /** The command as the user gave it, or what was done. */
  command: string
  /** Milliseconds since 1970. */
  time: number
  user: string
  host: string
  view: View
}

export type OperationKind = 'init' | 'snapshot' | 'import' | 'commit' | 'checkout' | 'fetch' | 'merge'

/** What all refs, HEAD and the working change were after an operation. */
export interface View {
  /** `refs/heads/main`, or 40 hex digits where HEAD is detached. */
  head: string
  /** Commit of the working change `@`. */
  workingChange: string
  /** All refs but zagi's own, by full name. */
  refs: Record<string, string>
}

/** One entry of a folder in a commit. */
export interface FolderEntry {
  name: string
  kind: 'file' | 'executable' | 'link' | 'folder' | 'submodule'
}

/** Objects to send, see `Repository.packFor`. */
export interface PackedObjects {
  /** `pack-<sha1>`. */
  name: string
  pack: Uint8Array
  index: Uint8Array
  objects: number
}

export interface RepositoryOptions {
  /** Milliseconds since 1970. */
  now(): number
  /** The user's own Git configuration file (`~/.gitconfig`); it need not exist. */
  userConfig?: string | undefined
}

export interface InitOptions extends RepositoryOptions {
  /** Short name of the first branch, in a new repository. */
  branch: string
}

/** A Git repository with zagi's working change and operation log. */
export interface Repository {
  /** The working folder. */
  readonly folder: string
  /** The `.git` folder of this working folder. */
  readonly gitFolder: string

  /** Records the source files in the working change. Imports first what plain Git did. */
  snapshot(options: WorkingCopyOptions): Promise<Change>
  /** Snapshots, and tells how the working change differs from its parent. */
  status(options: WorkingCopyOptions): Promise<WorkingCopyStatus>
  /**
   * Describes the working change, moves the current branch to it and starts a new, empty one on top.
   * The author is the Git configuration's, else `options.author`. @throws ZagiError NOTHING_TO_COMMIT
   */
  commit(options: CommitOptions): Promise<Change>
  /**
   * Writes the files of a commit and makes `branch` the current branch there: clone, fast-forward pull.
   * Edits that were not committed stay. @throws ZagiError DIVERGED, with nothing touched, where both sides changed a
   * file, or where the branch has commits that `commit` lacks
   */
  checkout(options: CheckoutOptions): Promise<CheckoutResult>

  /** Changes reachable from `from` (default HEAD), newest first. */
  log(options: { limit?: number; from?: string }): LoggedChange[]
  /** @throws ZagiError GIT_OBJECT_CORRUPT where there is no such commit */
  change(commit: string): Change
  /** The working change as it was last recorded. */
  workingChange(): Change
  /** The bytes of a file, undefined where the commit has no such file. */
  readFile(commit: string, path: string): Uint8Array | undefined
  /** What a folder of a commit has in it ('' is the root), undefined where there is no such folder. */
  readFolder(commit: string, path: string): FolderEntry[] | undefined
  /** How the trees of two commits differ; undefined stands for an empty tree. */
  compare(from: string | undefined, to: string): FileChange[]
  /** The commit that a branch, remote branch, tag, commit prefix, change id prefix, `HEAD` or `@` names. */
  resolve(name: string): string | undefined
  /** Local branches by short name. */
  branches(): Record<string, string>
  /** Remote branches as they were last seen, by full ref name at the remote (`refs/heads/main`). */
  remoteRefs(remote: string): Record<string, string>
  currentBranch(): string | undefined
  /** The commit HEAD is on; undefined before the first one. */
  head(): string | undefined
  /** `user.name` and `user.email` of the Git configuration, as far as they are set. */
  configuredAuthor(): Partial<Person>

  /** What a side that has `have` lacks of `want`; undefined where it lacks nothing. Unknown commits in `have` are passed over. */
  packFor(options: { want: string[]; have: string[] } & LongOperation): Promise<PackedObjects | undefined>
  /** Adds a pack after checking every object in it. @throws ZagiError GIT_OBJECT_CORRUPT */
  importPack(name: string, pack: Uint8Array, operation?: LongOperation): Promise<void>
  /** Which of these commits are not here: what a pull has to fetch for. */
  missing(commits: string[]): string[]
  /** Commits that `want` reaches and `have` does not, newest first. Unknown commits in `have` are passed over. */
  newCommits(options: { want: string[]; have: string[] }): string[]
  /** Records where a remote's refs are (`refs/heads/main` → commit), as `refs/remotes/<remote>/…` and tags. */
  setRemoteRefs(remote: string, refs: Record<string, string>): void
  isAncestor(ancestor: string, descendant: string): boolean

  /** Brings to its end what a killed command left half done; every command that changes something does that first. */
  finishInterrupted(): void
  /** Replaces zagi's own block in `.git/info/exclude`. */
  setExcludes(patterns: string[]): void
  /** The operation log, newest first. */
  operations(limit?: number): Operation[]
}

/** The document at a remote that says where a repository's refs are, see docs/formats/refs-document.md. */
export interface RefsDocument {
  version: 1
  /** `refs/heads/main`. */
  head: string
  /** Full ref name → commit. */
  refs: Record<string, string>
  packs: RemotePack[]
}

export interface RemotePack {
  /** `pack-<sha1>`. */
  name: string
  size: number
  objects: number
}
