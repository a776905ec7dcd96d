import type { BigIntStats } from 'node:fs'
import { basename } from 'node:path'
import { type LongOperation, ZagiError } from '../base/index.ts'
import { StatIndex } from '../store/index.ts'
import { breather } from './breathe.ts'
import { newChangeId } from './change-id.ts'
import { refuseWhileBusy } from './commit-change.ts'
import type { Context } from './context.ts'
import { editTree } from './edit-tree.ts'
import { emptyTree } from './git/git-object.ts'
import { branchRef } from './git/ref-name.ts'
import { reaches } from './graph.ts'
import { mergeFiles } from './merge-files.ts'
import { publish } from './operations/publish.ts'
import { forgetPending, moveRefs } from './operations/settle.ts'
import { recordWorkingCopy } from './record-working-copy.ts'
import { type Session, writeChange } from './session.ts'
import { type Leaf, type LeafChange, leavesOf, toFileChanges } from './tree-diff.ts'
import type { CheckoutOptions, CheckoutResult, View } from './types.ts'
import { type Applied, applySteps } from './working-copy/apply-changes.ts'
import { checkChanges, checkLinkTargets, findObstacles } from './working-copy/check-changes.ts'
import { noGitStat, statOf } from './working-copy/file-stat.ts'
import { type IndexedFile, writeGitIndex } from './working-copy/git-index-file.ts'
import type { Scan } from './working-copy/scan-source.ts'
import type { SourceFile } from './working-copy/source-tree.ts'

/** Makes `branch` the current branch at `commit` and writes its files; edits that were not committed stay. */
export async function checkoutCommit(session: Session, options: CheckoutOptions): Promise<CheckoutResult> {
  const { context, writer } = session
  const { commits, objects } = context
  const ref = branchRef(options.branch)
  refuseWhileBusy(context)
  const scan = await recordWorkingCopy(session, options)
  const from = session.operation.view
  checkForward(context, { view: from, ref, commit: options.commit })

  const working = commits.get(from.workingChange)
  const parent = working.parents[0]
  const target = commits.get(options.commit)
  const base = parent === undefined ? emptyTree : commits.get(parent).tree
  const merge = mergeFiles(objects, { base, ours: working.tree, theirs: target.tree })
  checkChanges(merge.changes)
  checkLinkTargets(context, merge.changes)
  const blocked = [...merge.conflicts, ...findObstacles(context, merge.changes)]
  if (blocked.length > 0) throw editedOnBothSides(blocked)

  const tree =
    merge.kept.length === 0 ? target.tree : editTree(objects, writer, { tree: working.tree, changes: merge.changes })
  const changeId = merge.kept.length === 0 ? newChangeId() : commits.changeId(from.workingChange)
  const next = { tree, parents: [options.commit], changeId, message: working.message, author: options.author }
  const workingChange = writeChange(context, writer, next)
  const view: View = { head: ref, refs: { ...from.refs, [ref]: options.commit }, workingChange }
  session.operation = publish(context, writer, {
    parents: [session.operation.id],
    kind: 'checkout',
    command: options.command ?? `checkout ${options.branch}`,
    view,
    keep: [from.workingChange, workingChange],
    effects: true,
  })
  const applied = await writeFiles(context, merge.changes, options)
  moveRefs(context, { from, operation: session.operation })
  rememberFiles(context, { scan, applied, commit: options.commit, tree })
  forgetPending(context)
  const kept = [...merge.kept, ...applied.kept].sort()
  return { change: commits.change(workingChange), files: toFileChanges(merge.changes), kept }
}

// Not stopped by a signal: the operation is made, and the next command would only finish it.
async function writeFiles(
  context: Context,
  changes: readonly LeafChange[],
  { onProgress }: LongOperation,
): Promise<Applied> {
  const breathe = breather(undefined)
  const steps = applySteps(context, changes)
  for (let done = 0; ; done++) {
    const step = steps.next()
    if (step.done) return step.value
    onProgress?.({ phase: 'Writing source', done: done + 1, total: changes.length, unit: 'files' })
    await breathe()
  }
}

function checkForward(context: Context, { view, ref, commit }: { view: View; ref: string; commit: string }): void {
  const now = view.refs[ref]
  if (now !== undefined && !reaches(context.commits, commit, now)) {
    throw new ZagiError(
      'DIVERGED',
      `"${ref.slice('refs/heads/'.length)}" has commits that "${commit.slice(0, 10)}" lacks`,
      {
        hint: 'Both sides have new commits: bring them together with "git merge", then run the command again',
      },
    )
  }
  const inTheWay = Object.keys(view.refs).find((name) => name.startsWith(`${ref}/`) || ref.startsWith(`${name}/`))
  if (inTheWay === undefined) return
  throw new ZagiError('BAD_NAME', `A branch "${ref}" cannot be made beside "${inTheWay}"`, { hint: 'Use another name' })
}

function editedOnBothSides(paths: readonly string[]): ZagiError {
  const shown = paths.slice(0, 5).map((path) => `"${path}"`)
  const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : ''
  return new ZagiError('DIVERGED', `Edits that are not committed would be overwritten: ${shown.join(', ')}${more}`, {
    hint: 'Commit them, or put the files back, and run the command again',
  })
}

// Both indexes get the new files' stats, so that neither zagi nor Git reads them again.
function rememberFiles(
  context: Context,
  { scan, applied, commit, tree }: { scan: Scan; applied: Applied; commit: string; tree: string },
): void {
  const time = Date.now() / 1000
  const pass = new StatIndex()
  const known = new Map(scan.files.map((file) => [file.path, file]))
  for (const { path, to } of applied.done) {
    const stat = to === undefined ? undefined : statOf(`${context.folder}/${path}`)
    if (to === undefined || stat === undefined || stat.isDirectory()) known.delete(path)
    else known.set(path, writtenFile(path, to, stat))
  }
  scan.remember({ pass, files: [...known.values()], tree: applied.kept.length === 0 ? tree : undefined })
  const files = leavesOf(context.objects, context.commits.get(commit).tree).map(({ path, mode, id }): IndexedFile => {
    const file = known.get(path)
    const bytes = Buffer.from(id, 'hex')
    if (file !== undefined && file.mode === mode && bytes.equals(file.id)) return scan.indexed(file)
    // Edited and not committed, or left out: Git finds out by itself.
    return { path, mode, id: bytes, known: undefined, stat: () => noGitStat }
  })
  writeGitIndex(context, { files, tracked: scan.tracked, time })
}

function writtenFile(path: string, { mode, id }: Leaf, stat: BigIntStats): SourceFile {
  return { kind: 'file', name: basename(path), path, mode, id: Buffer.from(id, 'hex'), stat, position: -1 }
}
