import { ChangeIndex } from './change-index.ts'
import type { Context } from './context.ts'
import { shortRefName } from './git/ref-name.ts'
import { readHead, readRefs } from './git/refs.ts'
import { headCommit } from './operations/head-commit.ts'
import { newestView } from './operations/newest-view.ts'
import { PriorityQueue } from './priority-queue.ts'
import type { LoggedChange } from './types.ts'

/** Changes reachable from a commit, newest first as Git sorts them. Only as many commits are read as are asked for. */
export function logChanges(
  context: Context,
  { from, limit = Number.POSITIVE_INFINITY }: { from?: string | undefined; limit?: number | undefined },
): LoggedChange[] {
  const { commits, git } = context
  const refs = readRefs(git)
  const current = headCommit({ head: readHead(git), refs })
  const start = from ?? current
  if (start === undefined) return []
  const names = namesByCommit(context, refs)
  const index = ChangeIndex.open(context, [...tipsOf(context, refs), start])
  const working = newestView(context)?.workingChange
  const others = working === undefined ? [] : [commits.changeId(working)]
  const queue = new PriorityQueue<string>()
  const seen = new Set([start])
  const logged: LoggedChange[] = []
  queue.push(start, commits.time(start))
  while (logged.length < limit) {
    const id = queue.pop()
    if (id === undefined) break
    const change = commits.change(id)
    const prefixLength = index.prefixLength(change.changeId, others)
    logged.push({ ...change, branches: names.get(id) ?? [], prefixLength, current: id === current })
    for (const parent of change.parents) {
      if (seen.has(parent)) continue
      seen.add(parent)
      queue.push(parent, commits.time(parent))
    }
  }
  return logged
}

/** The commits that refs name, of annotated tags what they are about. */
export function tipsOf({ commits }: Context, refs: Record<string, string>): string[] {
  return Object.entries(refs).flatMap(([ref, id]) => (ref.startsWith('refs/tags/') ? (commits.peel(id) ?? []) : [id]))
}

function namesByCommit({ commits }: Context, refs: Record<string, string>): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const [ref, id] of Object.entries(refs)) {
    const commit = ref.startsWith('refs/tags/') ? commits.peel(id) : id
    if (commit !== undefined) names.set(commit, [...(names.get(commit) ?? []), shortRefName(ref)])
  }
  return names
}
