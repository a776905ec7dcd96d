import { ZagiError } from '../base/index.ts'
import { isObjectId } from './git/git-object.ts'
import { isRefName } from './git/ref-name.ts'
import { publish } from './operations/publish.ts'
import { forgetPending, moveRefs } from './operations/settle.ts'
import { importPosition } from './record-working-copy.ts'
import type { Session } from './session.ts'

/**
 * Records where a remote's refs are: branches as `refs/remotes/<remote>/…`, and tags that are not here yet. Branches that
 * the remote has no more go. @throws ZagiError BAD_ANSWER, GIT_OBJECT_CORRUPT where a commit is not here
 */
export function recordRemoteRefs(session: Session, remote: string, refs: Record<string, string>): void {
  const { context, writer } = session
  importPosition(session)
  const from = session.operation.view
  const prefix = `refs/remotes/${remote}/`
  const next = Object.fromEntries(Object.entries(from.refs).filter(([name]) => !name.startsWith(prefix)))
  for (const [name, commit] of Object.entries(refs)) {
    if (!isRefName(name) || !isObjectId(commit)) throw badRef(name)
    if (!context.objects.has(commit)) {
      throw new ZagiError('GIT_OBJECT_CORRUPT', `The commit "${commit}" of the remote's "${name}" is not here`, {
        hint: 'Run "zagi pull" again',
      })
    }
    if (name.startsWith('refs/heads/')) next[prefix + name.slice('refs/heads/'.length)] = commit
    else if (name.startsWith('refs/tags/')) next[name] ??= commit
  }
  const changed = Object.keys({ ...from.refs, ...next }).filter((name) => from.refs[name] !== next[name])
  if (changed.length === 0) return
  session.operation = publish(context, writer, {
    parents: [session.operation.id],
    kind: 'fetch',
    command: `fetch ${remote}`,
    view: { ...from, refs: next },
    keep: changed.flatMap((name) => from.refs[name] ?? []),
    effects: true,
  })
  moveRefs(context, { from, operation: session.operation })
  forgetPending(context)
}

function badRef(name: string): ZagiError {
  return new ZagiError(
    'BAD_ANSWER',
    `The remote has the ref "${name.slice(0, 100)}", which is no valid name or commit`,
    {
      hint: 'Ask the administrator of the server to look at the repository',
    },
  )
}
