import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ZagiError } from '../base/index.ts'
import { newChangeId } from './change-id.ts'
import type { Context } from './context.ts'
import { emptyTree, isObjectId } from './git/git-object.ts'
import { publish } from './operations/publish.ts'
import { forgetPending, moveRefs } from './operations/settle.ts'
import { recordWorkingCopy } from './record-working-copy.ts'
import { type Session, writeChange } from './session.ts'
import type { Change, CommitOptions, View } from './types.ts'
import { writeGitIndex } from './working-copy/git-index-file.ts'

/** Makes the working change a commit of the current branch, and starts a new one on top. @throws ZagiError NOTHING_TO_COMMIT */
export async function commitChange(session: Session, options: CommitOptions): Promise<Change> {
  const { context, writer } = session
  const { commits, git } = context
  const message = cleanMessage(options.message)
  refuseWhileBusy(context)
  const scan = await recordWorkingCopy(session, options)
  const from = session.operation.view
  const working = commits.get(from.workingChange)
  const parent = working.parents[0]
  if (working.tree === (parent === undefined ? emptyTree : commits.get(parent).tree)) {
    return alreadyDone(session, message) ?? nothingToCommit()
  }
  const { author } = options
  const changeId = commits.changeId(from.workingChange)
  const commit = writeChange(context, writer, {
    tree: working.tree,
    parents: working.parents,
    changeId,
    message,
    author,
  })
  writer.finish()
  const next = { tree: working.tree, parents: [commit], changeId: newChangeId(), message: '', author }
  const workingChange = writeChange(context, writer, next)
  const view: View = isObjectId(from.head)
    ? { ...from, head: commit, workingChange }
    : { ...from, refs: { ...from.refs, [from.head]: commit }, workingChange }
  session.operation = publish(context, writer, {
    parents: [session.operation.id],
    kind: 'commit',
    command: options.command ?? 'commit',
    view,
    keep: [workingChange],
    effects: true,
  })
  const moved = moveRefs(context, { from, operation: session.operation })
  if (moved.length === 0) {
    const { tracked, time } = scan
    writeGitIndex(context, { files: scan.files.map(scan.indexed), tracked, time })
  }
  forgetPending(context)
  if (moved.length > 0) {
    throw new ZagiError('REF_MOVED', `"${git.own}" was changed by another program while the commit was made`, {
      hint: `The commit is kept as ${commit}: bring it in with "git merge ${commit.slice(0, 12)}"`,
    })
  }
  return commits.change(commit)
}

// A kill came after the commit was made and before it was said: the same command again says it.
function alreadyDone({ context, finished }: Session, message: string): Change | undefined {
  if (finished?.kind !== 'commit') return undefined
  const [commit] = context.commits.get(finished.view.workingChange).parents
  const change = commit === undefined ? undefined : context.commits.change(commit)
  return change?.message === message ? change : undefined
}

function nothingToCommit(): never {
  throw new ZagiError('NOTHING_TO_COMMIT', 'There is nothing to commit: nothing has changed since the last commit', {
    hint: 'Look at what is there with: zagi status',
  })
}

/** As Git keeps a message: no blanks at the ends of lines, no empty lines around it, one newline at the end. */
function cleanMessage(text: string): string {
  const message = text
    .replace(/\0/g, '')
    .replace(/[ \t\r]+$/gm, '')
    .replace(/^\n+|\n+$/g, '')
  if (message !== '') return `${message}\n`
  throw new ZagiError('USAGE', 'A commit needs a message', { hint: 'Give one with: zagi commit -m "What changed"' })
}

const underWay: Record<string, string> = {
  MERGE_HEAD: 'git merge',
  'rebase-merge': 'git rebase',
  'rebase-apply': 'git rebase',
  CHERRY_PICK_HEAD: 'git cherry-pick',
  REVERT_HEAD: 'git revert',
}

/** Refuses to move HEAD while a command of Git's waits to be continued. @throws ZagiError GIT_UNSUPPORTED */
export function refuseWhileBusy({ git }: Context): void {
  for (const [file, command] of Object.entries(underWay)) {
    if (!existsSync(join(git.own, file))) continue
    throw new ZagiError('GIT_UNSUPPORTED', `A "${command}" is under way in this repository`, {
      hint: `Finish it with "${command} --continue", or drop it with "${command} --abort"`,
    })
  }
}
