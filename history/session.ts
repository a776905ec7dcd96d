import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, ZagiError } from '../base/index.ts'
import { signatureNow } from './author.ts'
import { changeIdHeader, newChangeId } from './change-id.ts'
import type { Context } from './context.ts'
import { encodeCommit, type GitCommit } from './git/git-commit.ts'
import { emptyTree } from './git/git-object.ts'
import { removeOwnLocks } from './git/locked-file.ts'
import { ObjectWriter } from './git/object-writer.ts'
import { readHead, readRefs } from './git/refs.ts'
import { headCommit } from './operations/head-commit.ts'
import { mergeOperations } from './operations/merge-views.ts'
import { publish } from './operations/publish.ts'
import { settlePending } from './operations/settle.ts'
import type { Operation, Person, View } from './types.ts'
import { withLock, withLockSync } from './working-copy/working-copy-lock.ts'

/** One command at work: it alone has the working copy, and the operation log has one head. */
export interface Session {
  context: Context
  writer: ObjectWriter
  /** The newest operation. */
  operation: Operation
  /** The operation that an earlier command was killed in and that was brought to its end just now. */
  finished: Operation | undefined
}

/** Runs a command that may change things. What a killed command left half done is finished first. */
export async function inSession<T>(context: Context, action: (session: Session) => Promise<T>): Promise<T> {
  prepareState(context)
  return withLock(context.state.lock, () => action(begin(context)))
}

/** As {@link inSession}, for what is done at once. */
export function inSessionSync<T>(context: Context, action: (session: Session) => T): T {
  prepareState(context)
  return withLockSync(context.state.lock, () => action(begin(context)))
}

// Plain Git may have checked out what it should not: a link here would lead writes out of the project.
function prepareState({ folder, state }: Context): void {
  for (const path of [join(folder, '.zagi'), state.folder]) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new ZagiError('PATH_UNSAFE', `"${path}" is a symbolic link`, {
        hint: 'Remove it and run the command again',
      })
    }
  }
  ensureFolder(state.folder)
}

function begin(context: Context): Session {
  const { git, log, objects, state } = context
  removeOwnLocks(git.own, git.common)
  rmSync(state.temporary, { recursive: true, force: true })
  objects.refresh()
  const writer = new ObjectWriter(objects)
  const heads = log.heads()
  log.tidy(heads)
  let operation = heads[0] ?? firstOperation(context, writer)
  for (const later of heads.slice(1)) {
    const merged = log.write(mergeOperations(log, operation, later))
    log.addHead(merged)
    operation = merged
  }
  return { context, writer, operation, finished: settlePending(context) }
}

// A repository that zagi sees for the first time: its refs as they are, and an empty working change on HEAD.
function firstOperation(context: Context, writer: ObjectWriter): Operation {
  const head = readHead(context.git)
  const refs = readRefs(context.git)
  const parent = headCommit({ head, refs })
  const parents = parent === undefined ? [] : [parent]
  const workingChange = writeChange(context, writer, { tree: undefined, parents, changeId: newChangeId(), message: '' })
  const view: View = { head, workingChange, refs }
  return publish(context, writer, { parents: [], kind: 'init', command: 'init', view, keep: [workingChange] })
}

export interface NewChange {
  /** Default: the first parent's tree. */
  tree: string | undefined
  parents: string[]
  changeId: string
  message: string
  /** Where the Git configuration names none. */
  author?: Person | undefined
}

/** Adds the commit of a change, made now. */
export function writeChange(context: Context, writer: ObjectWriter, change: NewChange): string {
  const { parents, changeId, message } = change
  const [parent] = parents
  const signature = signatureNow(context, change.author)
  const tree = change.tree ?? (parent === undefined ? emptyTree : context.commits.get(parent).tree)
  // Git knows the empty tree without an object, but not every check of Git does.
  if (tree === emptyTree) writer.add('tree', Buffer.alloc(0))
  const commit: GitCommit = {
    tree,
    parents,
    author: signature,
    committer: signature,
    extra: [{ name: changeIdHeader, value: changeId }],
    message,
  }
  return writer.add('commit', encodeCommit(commit))
}
