import { ZagiError } from '../base/index.ts'
import { ChangeIndex } from './change-index.ts'
import type { Context } from './context.ts'
import { readHead, readRefs } from './git/refs.ts'
import { reaches } from './graph.ts'
import { tipsOf } from './log-changes.ts'
import { headCommit } from './operations/head-commit.ts'
import { newestView } from './operations/newest-view.ts'

/** The shortest commit prefix that is looked for: Git's own limit. */
const shortestCommit = 4

/**
 * The commit that a name stands for: `@`, `HEAD`, a ref by full or short name, a change id or commit id or the start of
 * one. @throws ZagiError BAD_NAME where the start fits several
 */
export function resolveName(context: Context, name: string): string | undefined {
  const refs = readRefs(context.git)
  if (name === '@') return newestView(context)?.workingChange
  if (name === 'HEAD') return headCommit({ head: readHead(context.git), refs })
  for (const ref of [name, `refs/heads/${name}`, `refs/tags/${name}`, `refs/remotes/${name}`]) {
    const id = refs[ref]
    if (id !== undefined) return context.commits.peel(id)
  }
  if (/^[k-z]{1,32}$/.test(name)) return resolveChange(context, name, refs)
  return /^[0-9a-f]{4,40}$/.test(name) && name.length >= shortestCommit ? resolveCommit(context, name) : undefined
}

function resolveCommit({ objects }: Context, prefix: string): string | undefined {
  const found = objects.withPrefix(prefix).filter((id) => objects.kind(id) === 'commit')
  if (found.length > 1) throw ambiguous(prefix, found)
  return found[0]
}

function resolveChange(context: Context, prefix: string, refs: Record<string, string>): string | undefined {
  const { commits } = context
  const tips = tipsOf(context, refs)
  const found = ChangeIndex.open(context, tips).withPrefix(prefix)
  const working = newestView(context)?.workingChange
  const workingId = working === undefined ? undefined : commits.changeId(working)
  const ids = new Set(found.map(({ changeId }) => changeId))
  if (workingId?.startsWith(prefix)) ids.add(workingId)
  if (ids.size > 1) throw ambiguous(prefix, [...ids])
  if (ids.has(workingId ?? '')) return working
  // A change that was rewritten has several commits: what a ref still reaches counts, the newest first.
  const candidates = found.map(({ commit }) => commit).sort((a, b) => commits.time(b) - commits.time(a))
  if (candidates.length < 2) return candidates[0]
  return candidates.find((commit) => tips.some((tip) => reaches(commits, tip, commit))) ?? candidates[0]
}

function ambiguous(prefix: string, found: readonly string[]): ZagiError {
  const shown = found.slice(0, 4).map((id) => `"${id.slice(0, prefix.length + 4)}…"`)
  return new ZagiError('BAD_NAME', `"${prefix}" is the start of several: ${shown.join(', ')}`, {
    hint: 'Give more of its letters',
  })
}
