import { corrupt, emptyTree } from './git/git-object.ts'
import { compareEntries, decodeGitTree, type GitTreeEntry, mode } from './git/git-tree.ts'
import type { ObjectDatabase } from './git/object-database.ts'
import type { FileChange } from './types.ts'

/** What a path is in a tree: a file, a link or a submodule. */
export interface Leaf {
  mode: number
  id: string
}

/** How one path differs between two trees. */
export interface LeafChange {
  path: string
  from: Leaf | undefined
  to: Leaf | undefined
}

/** How deep folders may nest: what is deeper is hostile. */
const maximumDepth = 1000

/** How two trees differ, sorted as Git's index is. Only folders that differ are read. */
export function diffTrees(objects: ObjectDatabase, from: string, to: string): LeafChange[] {
  const changes: LeafChange[] = []
  diffFolders({ objects, changes }, { from, to, prefix: '', depth: 0 })
  return changes
}

/** The changes as callers see them. */
export function toFileChanges(changes: readonly LeafChange[]): FileChange[] {
  return changes.map(({ path, from, to }) => ({
    path,
    change: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed',
  }))
}

interface Diff {
  objects: ObjectDatabase
  changes: LeafChange[]
}

interface Folders {
  from: string | undefined
  to: string | undefined
  prefix: string
  depth: number
}

function diffFolders(diff: Diff, { from, to, prefix, depth }: Folders): void {
  if (from === to) return
  if (depth > maximumDepth) throw corrupt(`The folders of a tree nest deeper than ${maximumDepth}`)
  const left = readTree(diff.objects, from)
  const right = readTree(diff.objects, to)
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const a = left[i]
    const b = right[j]
    const order = a === undefined ? 1 : b === undefined ? -1 : compareEntries(a, b)
    if (order <= 0) i++
    if (order >= 0) j++
    diffEntries(diff, { a: order <= 0 ? a : undefined, b: order >= 0 ? b : undefined, prefix, depth })
  }
}

interface Entries {
  a: GitTreeEntry | undefined
  b: GitTreeEntry | undefined
  prefix: string
  depth: number
}

// Entries of one name and kind, or one alone: a file that became a folder has two places in the order.
function diffEntries(diff: Diff, { a, b, prefix, depth }: Entries): void {
  if (a?.id === b?.id && a?.mode === b?.mode) return
  const entry = (a ?? b)!
  const path = prefix + entry.name
  if (entry.mode === mode.folder) {
    diffFolders(diff, { from: a?.id, to: b?.id, prefix: `${path}/`, depth: depth + 1 })
    return
  }
  diff.changes.push({ path, from: a && leafOf(a), to: b && leafOf(b) })
}

function leafOf({ mode, id }: GitTreeEntry): Leaf {
  return { mode, id }
}

/** The entries of a tree; none for the empty one. */
export function readTree(objects: ObjectDatabase, id: string | undefined): GitTreeEntry[] {
  return id === undefined || id === emptyTree ? [] : decodeGitTree(objects.readAs('tree', id), id)
}

/** All files, links and submodules of a tree, in the order of Git's index. */
export function leavesOf(objects: ObjectDatabase, tree: string): (Leaf & { path: string })[] {
  return diffTrees(objects, emptyTree, tree).flatMap(({ path, to }) => (to === undefined ? [] : [{ path, ...to }]))
}
