import type { ObjectDatabase } from './git/object-database.ts'
import { diffTrees, type Leaf, type LeafChange } from './tree-diff.ts'

/** What a three-way merge of whole files comes to. */
export interface FileMerge {
  /** What must change in ours to get the merged tree. */
  changes: LeafChange[]
  /** Paths that only our side changed. */
  kept: string[]
  /** Paths that both sides changed, and differently. */
  conflicts: string[]
}

/** Merges two trees file by file: what one side changed is taken, what both changed is a conflict unless it is the same. */
export function mergeFiles(
  objects: ObjectDatabase,
  { base, ours, theirs }: { base: string; ours: string; theirs: string },
): FileMerge {
  const mine = new Map(diffTrees(objects, base, ours).map((change) => [change.path, change.to]))
  const merge: FileMerge = { changes: [], kept: [], conflicts: [] }
  const folders = foldersOf([...mine].flatMap(([path, leaf]) => (leaf === undefined ? [] : [path])))
  for (const { path, from, to } of diffTrees(objects, base, theirs)) {
    if (mine.has(path)) {
      const leaf = mine.get(path)
      if (!sameLeaf(leaf, to)) merge.conflicts.push(path)
      mine.delete(path)
    } else if (to !== undefined && (folders.has(path) || isBelow(path, mine))) merge.conflicts.push(path)
    else merge.changes.push({ path, from, to })
  }
  merge.kept = [...mine.keys()]
  return merge
}

function sameLeaf(a: Leaf | undefined, b: Leaf | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode
}

// A file of theirs where we have a folder, or below what is a file of ours.
function foldersOf(paths: readonly string[]): Set<string> {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) folders.add(path.slice(0, end))
  }
  return folders
}

function isBelow(path: string, files: ReadonlyMap<string, Leaf | undefined>): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (files.get(path.slice(0, end)) !== undefined) return true
  }
  return false
}
