import type { BigIntStats } from 'node:fs'
import { objectId } from '../git/git-object.ts'
import { encodeGitTree, type GitTreeEntry, mode } from '../git/git-tree.ts'
import { compareNames } from '../git/name-order.ts'

/** A file of the working copy, as it is recorded. */
export interface SourceFile {
  kind: 'file'
  name: string
  path: string
  mode: number
  /** '' until its content was read. */
  id: string
  /** undefined for a submodule, and for a file that a sparse checkout left out. */
  stat: BigIntStats | undefined
}

/** A folder of the working copy. */
export interface SourceFolder {
  kind: 'folder'
  name: string
  /** In Git's order, once {@link sortEntries} ran. */
  entries: SourceNode[]
  /** The tree object, once {@link nameTrees} ran. */
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
      folder.entries.push(next)
    }
    folder = next
  }
  folder.entries.push(file)
}

/** Sorts the entries of all folders as Git does, and leaves empty folders out. */
export function sortEntries(folder: SourceFolder): void {
  let empty = false
  for (const entry of folder.entries) {
    if (entry.kind === 'file') continue
    sortEntries(entry)
    empty ||= entry.entries.length === 0
  }
  if (empty) folder.entries = folder.entries.filter((entry) => entry.kind === 'file' || entry.entries.length > 0)
  folder.entries.sort(compareNodes)
}

/** Makes the tree objects of sorted folders, from the files' ids. */
export function nameTrees(folder: SourceFolder): void {
  for (const entry of folder.entries) if (entry.kind === 'folder') nameTrees(entry)
  folder.bytes = encodeGitTree(folder.entries.map(treeEntry))
  folder.id = objectId('tree', folder.bytes)
}

function treeEntry(node: SourceNode): GitTreeEntry {
  return { name: node.name, mode: node.kind === 'folder' ? mode.folder : node.mode, id: node.id }
}

function compareNodes(a: SourceNode, b: SourceNode): number {
  return compareNames(key(a), key(b))
}

function key(node: SourceNode): string {
  return node.kind === 'folder' ? `${node.name}/` : node.name
}

/** All files below sorted folders, in the order of Git's index. */
export function filesOf(folder: SourceFolder, into: SourceFile[] = []): SourceFile[] {
  for (const entry of folder.entries) {
    if (entry.kind === 'file') into.push(entry)
    else filesOf(entry, into)
  }
  return into
}
