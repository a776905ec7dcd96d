import { emptyTree } from './git/git-object.ts'
import { compareEntries, encodeGitTree, type GitTreeEntry, mode } from './git/git-tree.ts'
import type { ObjectDatabase } from './git/object-database.ts'
import type { ObjectWriter } from './git/object-writer.ts'
import { type Leaf, type LeafChange, readTree } from './tree-diff.ts'

/** Changes some paths of a tree and answers the new tree. Folders that nothing is left in go. */
export function editTree(
  objects: ObjectDatabase,
  writer: ObjectWriter,
  { tree, changes }: { tree: string; changes: readonly Pick<LeafChange, 'path' | 'to'>[] },
): string {
  if (changes.length === 0) return tree
  const edits: Edits = new Map()
  for (const { path, to } of changes) {
    const names = path.split('/')
    let folder = edits
    for (const name of names.slice(0, -1)) {
      let edit = folder.get(name)
      if (edit === undefined) {
        edit = { leaf: undefined, below: new Map() }
        folder.set(name, edit)
      }
      folder = edit.below
    }
    const name = names.at(-1)!
    const known = folder.get(name)
    if (known === undefined) folder.set(name, { leaf: to, below: new Map() })
    else known.leaf ??= to
  }
  return editFolder(objects, writer, { tree, edits }) ?? emptyTree
}

/** What becomes of each name of a folder: a leaf, and edits below where it is (or becomes) a folder. */
type Edits = Map<string, { leaf: Leaf | undefined; below: Edits }>

function editFolder(
  objects: ObjectDatabase,
  writer: ObjectWriter,
  { tree, edits }: { tree: string | undefined; edits: Edits },
): string | undefined {
  const entries = new Map<string, GitTreeEntry>()
  for (const entry of readTree(objects, tree)) entries.set(entry.name, entry)
  for (const [name, { leaf, below }] of edits) {
    const before = entries.get(name)
    entries.delete(name)
    if (leaf !== undefined) {
      entries.set(name, { name, ...leaf })
      continue
    }
    const folder = before?.mode === mode.folder ? before.id : undefined
    const id = below.size === 0 ? undefined : editFolder(objects, writer, { tree: folder, edits: below })
    if (id !== undefined) entries.set(name, { name, mode: mode.folder, id })
  }
  if (entries.size === 0) return undefined
  return writer.add('tree', encodeGitTree([...entries.values()].sort(compareEntries)))
}
