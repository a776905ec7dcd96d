import { type GitTreeEntry, mode } from './git/git-tree.ts'
import type { ObjectDatabase } from './git/object-database.ts'
import { readTree } from './tree-diff.ts'
import type { FolderEntry } from './types.ts'

// What is at a path of a tree; undefined where there is nothing.
function findInTree(objects: ObjectDatabase, tree: string, path: string): GitTreeEntry | undefined {
  let found: GitTreeEntry = { name: '', mode: mode.folder, id: tree }
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (found.mode !== mode.folder) return undefined
    const next = readTree(objects, found.id).find((entry) => entry.name === name)
    if (next === undefined) return undefined
    found = next
  }
  return found
}

/** The content of a file, or the target of a link; undefined where there is none. */
export function readFileInTree(objects: ObjectDatabase, tree: string, path: string): Buffer | undefined {
  const found = findInTree(objects, tree, path)
  if (found === undefined || found.mode === mode.folder || found.mode === mode.submodule) return undefined
  return objects.readAs('blob', found.id)
}

/** What is in a folder of a tree; undefined where there is no such folder. */
export function readFolderInTree(objects: ObjectDatabase, tree: string, path: string): FolderEntry[] | undefined {
  const found = findInTree(objects, tree, path)
  if (found?.mode !== mode.folder) return undefined
  return readTree(objects, found.id).map((entry) => ({ name: entry.name, kind: kindOf(entry.mode) }))
}

function kindOf(value: number): FolderEntry['kind'] {
  if (value === mode.folder) return 'folder'
  if (value === mode.link) return 'link'
  if (value === mode.submodule) return 'submodule'
  return value === mode.executable ? 'executable' : 'file'
}
