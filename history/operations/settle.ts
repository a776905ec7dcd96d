import { rmSync } from 'node:fs'
import { crashPoint, fsyncFolder, isZagiError, readFileIfPresent } from '../../base/index.ts'
import { signatureNow } from '../author.ts'
import type { Context } from '../context.ts'
import { changeHead, changeRef, logHead, readHead, readRef } from '../git/refs.ts'
import { diffTrees } from '../tree-diff.ts'
import type { Operation, View } from '../types.ts'
import { applyChanges } from '../working-copy/apply-changes.ts'
import { rebuildGitIndex } from '../working-copy/git-index-file.ts'
import { headCommit } from './head-commit.ts'
import { isStateId } from './operation-file.ts'

/** What an operation changes in Git: the view before it and its own. */
export interface Step {
  from: View
  operation: Operation
}

/** Brings an operation to its end that an earlier command was killed in; undefined where there is none. */
export function settlePending(context: Context): Operation | undefined {
  const id = pendingOperation(context)
  if (id === undefined) return undefined
  const { log, commits } = context
  // Noted, but never made a head: it did not happen.
  if (!log.isHead(id)) {
    forgetPending(context)
    return undefined
  }
  const operation = log.get(id)
  const [before] = operation.parents
  const from = before === undefined ? undefined : log.get(before).view
  if (from !== undefined) {
    const trees = { from: commits.get(from.workingChange).tree, to: commits.get(operation.view.workingChange).tree }
    applyChanges(context, diffTrees(context.objects, trees.from, trees.to))
    moveRefs(context, { from, operation })
    if (headCommit(from) !== headCommit(operation.view)) rebuildGitIndex(context, headCommit(operation.view))
  }
  forgetPending(context)
  return operation
}

/** Takes the note away that an operation is being carried out. */
export function forgetPending(context: Context): void {
  rmSync(context.state.pending, { force: true })
  fsyncFolder(context.state.folder)
}

function pendingOperation(context: Context): string | undefined {
  const text = readFileIfPresent(context.state.pending)?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const { operation } = JSON.parse(text)
    if (isStateId(operation)) return operation
  } catch {
    // Not ours, or damaged: nothing that could be finished.
  }
  forgetPending(context)
  return undefined
}

/**
 * Writes the refs and HEAD of an operation. What plain Git moved meanwhile stays as Git left it, and is imported by the
 * next command. Answers the names of these.
 */
export function moveRefs(context: Context, { from, operation }: Step): string[] {
  const { git } = context
  const to = operation.view
  const who = signatureNow(context)
  const reason = `zagi ${operation.command}`
  const moved: string[] = []
  // What goes first: it may be a folder's name among what comes.
  const gone = Object.keys(from.refs).filter((name) => to.refs[name] === undefined)
  for (const name of new Set([...gone, ...Object.keys(to.refs)])) {
    const target = to.refs[name]
    if (from.refs[name] === target || readRef(git, name) === target) continue
    try {
      changeRef(git, { name, from: from.refs[name], to: target, reason, who })
    } catch (error) {
      if (!isZagiError(error, 'REF_MOVED')) throw error
      moved.push(name)
    }
    crashPoint('refs:one')
  }
  if (from.head !== to.head && readHead(git) === from.head) changeHead(git, to.head)
  const commits = { from: headCommit(from), to: headCommit(to) }
  if (commits.from !== commits.to) logHead(git, { ...commits, reason, who })
  crashPoint('refs:done')
  return moved
}
