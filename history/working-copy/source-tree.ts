import type { BigIntStats } from 'node:fs'
import { objectId } from '../git/git-object.ts'
import { encodeGitTree, mode } from '../git/git-tree.ts'
import { compareEntryNames } from '../git/name-order.ts'

/** A file of the working copy, as it is recorded. */
export interface SourceFile {
  kind: 'file'
  name: string
  path: string
  mode: number
  /** The blob, 20 bytes; empty until its content was read. */
  id: Uint8Array
  /** Set where the stat index did not know the file; submodules and files of a sparse checkout have none. */
  stat: BigIntStats | undefined
  /** Where the stat index has the file as it is now; -1: nowhere. */
  position: number
}

/** A folder of the working copy. */
export interface SourceFolder {
  kind: 'folder'
  name: string
  /** In Git's order. */
  entries: SourceNode[]
  /** The tree's name and bytes, once {@link nameTrees} ran. */
  id: string
  bytes: Buffer | undefined
}

export type SourceNode = SourceFile | SourceFolder

export function sourceFolder(name: string): SourceFolder {
  return { kind: 'folder', name, entries: [], id: '', bytes: undefined }
}

/** Puts a file at its place below `root`, making the folders that lead there. */
export function insertFile(root: SourceFolder, file: SourceFile): void {
  let folder = root
  const parts = file.path.split('/')
  for (const name of parts.slice(0, -1)) {
    let next = folder.entries.find((entry): entry is SourceFolder => entry.kind === 'folder' && entry.name === name)
    if (next === undefined) {
      next = sourceFolder(name)
      insertSorted(folder, next)
    }
    folder = next
  }
  insertSorted(folder, file)
}

function insertSorted(folder: SourceFolder, node: SourceNode): void {
  const isBehind = (other: SourceNode) =>
    compareEntryNames(other.name, other.kind === 'folder', node.name, node.kind === 'folder') > 0
  const at = folder.entries.findIndex(isBehind)
  folder.entries.splice(at < 0 ? folder.entries.length : at, 0, node)
}

/** Makes the tree objects of all folders, from the files' ids. */
export function nameTrees(folder: SourceFolder): void {
  for (const entry of folder.entries) if (entry.kind === 'folder') nameTrees(entry)
  folder.bytes = encodeGitTree(
    folder.entries.map((node) => (node.kind === 'file' ? node : { name: node.name, mode: mode.folder, id: node.id })),
  )
  folder.id = objectId('tree', folder.bytes)
}

/** All files below, in the order of Git's index. */
export function filesOf(folder: SourceFolder, into: SourceFile[] = []): SourceFile[] {
  for (const entry of folder.entries) {
    if (entry.kind === 'file') into.push(entry)
    else filesOf(entry, into)
  }
  return into
}
