import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ZagiError } from '../../base/index.ts'
import type { Context } from '../context.ts'
import { objectId } from '../git/git-object.ts'
import { mode } from '../git/git-tree.ts'
import { checkSafePath } from '../git/safe-path.ts'
import type { Leaf, LeafChange } from '../tree-diff.ts'
import { statOf } from './file-stat.ts'
import { readSource } from './read-source.ts'

/** Refuses changes that must not be written into a project. @throws ZagiError PATH_UNSAFE, NAME_NOT_UTF8 */
export function checkChanges(changes: readonly LeafChange[]): void {
  const files = new Set<string>()
  for (const { path, to } of changes) {
    if (to === undefined) continue
    checkSafePath(path)
    if (files.has(path)) throw twice(path)
    files.add(path)
    if (![mode.file, mode.executable, mode.link, mode.submodule].includes(to.mode)) {
      throw new ZagiError('PATH_UNSAFE', `The commit has "${path}" with the mode ${to.mode.toString(8)}`, {
        hint: 'Remove it from the history that it comes from',
      })
    }
  }
  for (const path of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (files.has(path.slice(0, end))) throw twice(path.slice(0, end))
    }
  }
}

/** Refuses links that cannot be made: while files are being written it is too late to stop. @throws ZagiError PATH_UNSAFE */
export function checkLinkTargets({ objects }: Context, changes: readonly LeafChange[]): void {
  for (const { path, to } of changes) {
    if (to?.mode !== mode.link) continue
    const target = objects.readAs('blob', to.id)
    if (target.length > 0 && target.length < longestTarget && !target.includes(0)) continue
    throw new ZagiError(
      'PATH_UNSAFE',
      `The target of the link "${path}" in the commit is empty, too long or has a NUL`,
      {
        hint: 'Remove it from the history that it comes from',
      },
    )
  }
}

// PATH_MAX of Linux, with the NUL at the end.
const longestTarget = 4096

// Of a tree that has a name twice, one could be a link and the other a folder to be written into.
function twice(path: string): ZagiError {
  return new ZagiError('PATH_UNSAFE', `The commit has "${path}" twice`, {
    hint: 'Remove one of them from the history that it comes from',
  })
}

/**
 * Paths where something is in the way that no snapshot has recorded: ignored files, and links in place of folders.
 */
export function findObstacles(context: Context, changes: readonly LeafChange[]): string[] {
  const removed = new Set(changes.flatMap(({ path, from }) => (from === undefined ? [] : [path])))
  return changes.flatMap(({ path, from, to }) => {
    if (to === undefined) return []
    const above = wayTo(context.folder, path)
    // What is in place of a folder is no obstacle if the same changes take it away.
    if (above.kind === 'blocked') return removed.has(above.by) ? [] : [path]
    if (above.kind !== 'real' || from !== undefined) return []
    const target = join(context.folder, path)
    const stat = statOf(target)
    if (stat === undefined || to.mode === mode.submodule) return []
    const free = stat.isDirectory() ? becomesEmpty(context.folder, path, removed) : isLeaf(target, to)
    return free ? [] : [path]
  })
}

// Whether all that a folder has in it is taken away by the same changes.
function becomesEmpty(root: string, path: string, removed: ReadonlySet<string>): boolean {
  return readdirSync(join(root, path), { withFileTypes: true }).every((entry) => {
    const child = `${path}/${entry.name}`
    return entry.isDirectory() ? becomesEmpty(root, child, removed) : removed.has(child)
  })
}

/** What the folders are that lead to a path: all real ones, or absent from some on, or something else is in their place. */
export type Way = { kind: 'real' } | { kind: 'absent' } | { kind: 'blocked'; by: string }

export function wayTo(root: string, path: string): Way {
  for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
    const by = path.slice(0, end)
    const stat = statOf(`${root}/${by}`)
    if (stat === undefined) return { kind: 'absent' }
    if (!stat.isDirectory()) return { kind: 'blocked', by }
  }
  return { kind: 'real' }
}

/** Whether a path on disk is this file or link. */
export function isLeaf(path: string, leaf: Leaf): boolean {
  const source = readSource(path)
  return source !== undefined && source.mode === leaf.mode && objectId('blob', source.bytes) === leaf.id
}
