import { writeFileAtomic } from '../../base/index.ts'
import { signatureNow } from '../author.ts'
import { type Context, keepRef } from '../context.ts'
import { encodeCommit } from '../git/git-commit.ts'
import type { ObjectWriter } from '../git/object-writer.ts'
import { changeRef, readRef } from '../git/refs.ts'
import type { Operation, OperationKind, View } from '../types.ts'

export interface Publication {
  parents: string[]
  kind: OperationKind
  command: string
  view: View
  /** Commits that no ref of the view reaches, or that may lose theirs. */
  keep: string[]
  /** True where refs, HEAD or files are to be written next, see settle.ts. */
  effects?: boolean
}

/**
 * Makes an operation the newest. Order: objects, the ref that keeps them, the operation, a note of what is to be written
 * next, the head. Up to the head nothing has happened; from then on it has, and whoever comes next finishes what is left.
 */
export function publish(context: Context, writer: ObjectWriter, publication: Publication): Operation {
  const { log, options, state, user, host } = context
  const { keep, effects, ...rest } = publication
  keepAlive(context, writer, keep)
  const operation = log.write({ ...rest, time: options.now(), user, host })
  if (effects) writeFileAtomic(state.pending, `${JSON.stringify({ version: 1, operation: operation.id })}\n`)
  log.addHead(operation)
  return operation
}

// One ref keeps everything: a chain of commits, each with the one before it and what is new as parents. A ref for each
// change would make Git slow as they add up.
function keepAlive(context: Context, writer: ObjectWriter, commits: readonly string[]): void {
  writer.finish()
  const { git, objects } = context
  const fresh = [...new Set(commits)].filter((commit) => objects.has(commit))
  const newest = fresh.at(-1)
  if (newest === undefined) return
  const name = keepRef(context)
  const before = readRef(git, name)
  const who = signatureNow(context)
  const link = writer.add(
    'commit',
    encodeCommit({
      tree: context.commits.get(newest).tree,
      parents: before !== undefined && objects.has(before) ? [before, ...fresh] : fresh,
      author: who,
      committer: who,
      extra: [],
      message: 'zagi: keeps the changes of the operation log\n',
    }),
  )
  writer.finish()
  changeRef(git, { name, from: before, to: link, reason: 'zagi', who })
}
