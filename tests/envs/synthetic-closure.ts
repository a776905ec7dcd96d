import { join } from 'node:path'
import { thisSystem } from '../../base/index.ts'
import {
  blankLink,
  blankReferences,
  type Closure,
  type ClosurePath,
  encodeClosure,
  encodeReferenceTables,
  findInFile,
  findLinkReferences,
  indexNames,
  type ReferenceTables,
} from '../../envs/index.ts'
import { type BlobRef, openStore, type Store, type StoreWriter, type Tree, type TreeEntry } from '../../store/index.ts'

/** A file (text or bytes), or what `program`, `link` and `folder` make. */
export type Node =
  | string
  | Uint8Array
  | { kind: 'program'; content: string | Uint8Array }
  | { kind: 'link'; target: string }
  | { kind: 'folder'; entries: Record<string, Node> }

export function program(content: string | Uint8Array): Node {
  return { kind: 'program', content }
}

export function link(target: string): Node {
  return { kind: 'link', target }
}

export function folder(entries: Record<string, Node>): Node {
  return { kind: 'folder', entries }
}

export interface SyntheticPath {
  name: string
  /** Names of other paths that it refers to; itself is added. */
  references?: string[]
  content: Node
  narHash?: string
}

/** A store name that is made up from a word: the same word gives the same hash. */
export function storeNameOf(word: string, seed = word): string {
  const digits = '0123456789abcdfghijklmnpqrsvwxyz'
  let state = 2166136261
  let hash = ''
  for (let i = 0; hash.length < 32; i++) {
    state = Math.imul(state ^ seed.charCodeAt(i % seed.length) ^ i, 16777619) >>> 0
    hash += digits[(state >>> 11) % 32]
  }
  return `${hash}-${word}`
}

/** Where a store path lies for whoever built it. */
export function original(name: string): string {
  return `/nix/store/${name}`
}

/** What is falsified before it is written. */
export interface Change {
  closure?(record: Closure): void
  tables?(tables: ReferenceTables, name: string): void
}

/** Writes a closure as a server would into a new store in `folder`. `main` is the first path. */
export async function syntheticStore(
  folder: string,
  paths: readonly SyntheticPath[],
  change: Change = {},
): Promise<{ store: Store; closure: BlobRef; record: Closure }> {
  const store = openStore(join(folder, 'store'))
  const writer = store.writer()
  const names = paths.map((path) => path.name).sort()
  const written = new Map<string, ClosurePath>()
  for (const path of paths) {
    const references = [...new Set([...(path.references ?? []), path.name])].sort()
    written.set(path.name, {
      ...writePath(writer, path, references, change.tables),
      name: path.name,
      narHash: path.narHash ?? `sha256:${'0'.repeat(52)}`,
      narSize: 1000,
      references: references.map((name) => names.indexOf(name)),
    })
  }
  const record: Closure = {
    version: 1,
    system: thisSystem(),
    storeFolder: '/nix/store',
    main: names.indexOf(paths[0]!.name),
    paths: names.map((name) => written.get(name)!),
  }
  change.closure?.(record)
  const closure = writer.addBlob(encodeClosure(record))
  await writer.finish()
  return { store, closure, record }
}

type Written = Pick<ClosurePath, 'kind' | 'tree' | 'tables' | 'files' | 'bytes'>

function writePath(
  writer: StoreWriter,
  path: SyntheticPath,
  references: string[],
  change?: (tables: ReferenceTables, name: string) => void,
): Written {
  const index = indexNames(references)
  const tables: ReferenceTables = { version: 1, files: {}, links: {}, markers: {} }

  const entry = (name: string, at: string, node: Node): { entry: TreeEntry; below?: Tree } => {
    const base = { name, size: 0, id: '', chunked: false, target: '', shared: false, rewritten: false }
    if (typeof node === 'string' || node instanceof Uint8Array) {
      return { entry: { ...base, kind: 'file', mode: 0o444, ...file(at, node) } }
    }
    if (node.kind === 'program') return { entry: { ...base, kind: 'file', mode: 0o555, ...file(at, node.content) } }
    if (node.kind === 'folder') {
      const below = tree(node.entries, `${at}/`)
      return { entry: { ...base, kind: 'tree', mode: 0o555, id: writer.addTree(below) }, below }
    }
    const found = findLinkReferences(node.target, index)
    if (found.length > 0) tables.links[at] = found
    const target = blankLink(node.target, found)
    return { entry: { ...base, kind: 'link', mode: 0o777, size: Buffer.byteLength(target), target } }
  }
  const file = (at: string, content: string | Uint8Array) => {
    const bytes = Buffer.from(content)
    const { references, markers } = findInFile(bytes, index)
    if (references) tables.files[at] = references
    if (markers.length > 0) tables.markers[at] = markers
    return writer.addBlob(blankReferences(bytes, references?.whole ?? []))
  }
  const tree = (entries: Record<string, Node>, at: string): Tree => {
    const sum: Tree = { entries: [], files: 0, bytes: 0, count: 0 }
    for (const name of Object.keys(entries).sort()) add(sum, entry(name, at + name, entries[name]!))
    return sum
  }
  const { content } = path
  const isFolder = typeof content === 'object' && !(content instanceof Uint8Array) && content.kind === 'folder'
  const root = tree(isFolder ? content.entries : { content }, '')
  change?.(tables, path.name)
  return {
    kind: isFolder ? 'folder' : 'single',
    tree: writer.addTree(root),
    tables: writer.addBlob(encodeReferenceTables(tables)),
    files: root.files,
    bytes: root.bytes,
  }
}

function add(tree: Tree, { entry, below }: { entry: TreeEntry; below?: Tree }): void {
  tree.entries.push(entry)
  tree.count += 1 + (below?.count ?? 0)
  tree.files += entry.kind === 'file' ? 1 : (below?.files ?? 0)
  tree.bytes += entry.kind === 'file' ? entry.size : (below?.bytes ?? 0)
}
