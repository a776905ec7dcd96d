import { hostname, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { Commits } from './commits.ts'
import type { GitFolder } from './git/git-folder.ts'
import { ObjectDatabase } from './git/object-database.ts'
import { OperationLog } from './operations/operation-log.ts'
import type { RepositoryOptions } from './types.ts'

/** An open repository: where everything is, and the readers that all commands share. */
export interface Context {
  /** The working folder. */
  folder: string
  git: GitFolder
  objects: ObjectDatabase
  commits: Commits
  log: OperationLog
  options: RepositoryOptions
  /** `.zagi/state`. */
  state: StateFiles
  /** Who and where, for the operation log. */
  user: string
  host: string
}

/** Files in `.zagi/state`. */
export interface StateFiles {
  folder: string
  lock: string
  /** The stat index of the source. */
  sourceIndex: string
  /** Change ids of all commits. */
  changes: string
  /** Names the operation whose effects are being written. */
  pending: string
  /** For files that are about to be renamed into the working folder. */
  temporary: string
}

export function openContext(folder: string, git: GitFolder, options: RepositoryOptions): Context {
  const objects = new ObjectDatabase(join(git.common, 'objects'))
  const state = join(folder, '.zagi', 'state')
  return {
    folder,
    git,
    objects,
    commits: new Commits(objects),
    log: new OperationLog(join(state, 'ops')),
    options,
    state: {
      folder: state,
      lock: join(state, 'working-copy.lock'),
      sourceIndex: join(state, 'source.index'),
      changes: join(state, 'changes.index'),
      pending: join(state, 'pending'),
      temporary: join(state, 'tmp'),
    },
    user: userName(),
    host: hostname(),
  }
}

/** The ref that keeps what only the operation log of this working copy names. */
export function keepRef(context: Context): string {
  const { own, common } = context.git
  return `refs/zagi/keep/${own === common ? 'default' : basename(own)}`
}

// A user id without a name, as in a container, is no reason to fail.
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}
