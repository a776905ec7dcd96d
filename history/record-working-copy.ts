import { ZagiError } from '../base/index.ts'
import { newChangeId } from './change-id.ts'
import { emptyTree } from './git/git-object.ts'
import { readHead, readRefs } from './git/refs.ts'
import { ignoreLists } from './ignore-lists.ts'
import { headCommit } from './operations/head-commit.ts'
import { publish } from './operations/publish.ts'
import { type Session, writeChange } from './session.ts'
import type { View, WorkingCopyOptions } from './types.ts'
import { ignoreRules } from './working-copy/ignore-rules.ts'
import { type Scan, scanSource } from './working-copy/scan-source.ts'
import { TrackedFiles } from './working-copy/tracked-files.ts'

/**
 * Brings the operation log up to date with the working folder: source files go into `@`, and refs and HEAD are taken as
 * plain Git left them. Where HEAD is on another commit than before, `@` is put on top of it. Afterwards the session's
 * operation says what is there; without a difference it stays the one it was.
 */
export async function recordWorkingCopy(session: Session, options: WorkingCopyOptions): Promise<Scan> {
  const { context, writer } = session
  const { objects, commits, git } = context
  const before = session.operation.view
  const position = { head: readHead(git), refs: readRefs(git) }
  const parent = headCommit(position)
  // The commit is gone where somebody removed the ref that keeps it: then the files are all there is.
  const known = objects.has(before.workingChange) ? commits.get(before.workingChange) : undefined
  const base = known?.tree ?? (parent === undefined ? emptyTree : commits.get(parent).tree)
  const scan = await scanWorkingCopy(session, options, base)

  const onTop = known !== undefined && known.parents[0] === parent
  const view: View = { ...position, workingChange: before.workingChange }
  const keep = displaced(before, position)
  if (!onTop || known.tree !== scan.tree) {
    view.workingChange = writeChange(context, writer, {
      tree: scan.tree,
      parents: onTop ? known.parents : parent === undefined ? [] : [parent],
      changeId: known === undefined ? newChangeId() : commits.changeId(before.workingChange),
      message: known?.message ?? '',
      author: options.author,
    })
    keep.push(view.workingChange)
  }
  const imported = isMoved(before, position)
  if (imported || view.workingChange !== before.workingChange) {
    const kind = imported ? 'import' : 'snapshot'
    const command = imported ? importCommand : (options.command ?? 'snapshot')
    const parents = [session.operation.id]
    session.operation = publish(context, writer, { parents, kind, command, view, keep })
  } else writer.finish()
  scan.remember()
  return scan
}

async function scanWorkingCopy({ context, writer }: Session, options: WorkingCopyOptions, base: string): Promise<Scan> {
  const { folder, git, objects, state } = context
  const tracked = TrackedFiles.read(git.own)
  if (tracked.hasFolder('.zagi/state')) {
    throw new ZagiError('PATH_UNSAFE', 'The repository tracks files in ".zagi/state", which is zagi\'s own', {
      hint: 'Run "git rm -r --cached .zagi/state" and remove the folder',
    })
  }
  return scanSource({
    ...options,
    isSource: options.isSource,
    folder,
    tracked,
    rules: ignoreRules(ignoreLists(context), git.config.isTrue('core.ignorecase')),
    fileModes: git.config.get('core.filemode') === undefined || git.config.isTrue('core.filemode'),
    objects,
    writer,
    indexFile: state.sourceIndex,
    base,
  })
}

type Position = Pick<View, 'head' | 'refs'>

const importCommand = 'import what Git did'

/** Takes refs and HEAD as plain Git left them, and nothing else: for commands that do not look at files. */
export function importPosition(session: Session): void {
  const { context, writer, operation } = session
  const position = { head: readHead(context.git), refs: readRefs(context.git) }
  if (!isMoved(operation.view, position)) return
  const view: View = { ...operation.view, ...position }
  const keep = displaced(operation.view, position)
  const parents = [operation.id]
  session.operation = publish(context, writer, { parents, kind: 'import', command: importCommand, view, keep })
}

function isMoved(before: Position, after: Position): boolean {
  const names = Object.keys(before.refs)
  if (before.head !== after.head || names.length !== Object.keys(after.refs).length) return true
  return names.some((name) => before.refs[name] !== after.refs[name])
}

// What Git moved a ref away from stays reachable, so that it can be gone back to.
function displaced(before: Position, after: Position): string[] {
  const moved = Object.entries(before.refs).flatMap(([name, commit]) => (after.refs[name] === commit ? [] : [commit]))
  return before.head !== after.head && headCommit(before) === before.head ? [...moved, before.head] : moved
}
