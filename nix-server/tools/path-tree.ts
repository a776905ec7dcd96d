import { type LongOperation, ZagiError } from '../../base/index.ts'
import {
  blankLink,
  blankReferences,
  encodeReferenceTables,
  findInFile,
  findLinkReferences,
  indexNames,
  type ReferenceTables,
} from '../../envs/index.ts'
import type { BlobRef, Id, StoreWriter, Tree, TreeEntry } from '../../store/index.ts'
import { createBreather } from './breather.ts'
import { NarHasher } from './nar-hash.ts'
import { formatNixSha256 } from './nix-hash.ts'
import type { StoreEntry } from './store-entry.ts'
import { plainName, type StorePathInfo } from './store-path.ts'
import { ProgramCollector, type ToolPrograms } from './tool-programs.ts'

/** A store path in its stored form, see docs/formats/closure.md. */
export interface PathTree {
  kind: 'folder' | 'single'
  tree: Id
  tables: BlobRef
  files: number
  bytes: number
  programs: ToolPrograms
}

/** The name of the one entry of a store path that is a file or link itself. */
const singleName = 'content'

/** The names that the positions in a path's reference tables count: its references and itself, sorted. */
export function referenceNames(info: StorePathInfo): string[] {
  return [...new Set([...info.references, info.name])].sort()
}

/**
 * Reads a store path once: hashes it as a NAR, finds and blanks its references, and writes its tree and tables.
 * @throws ZagiError NAR_BAD where its bytes are not those that `info` names
 */
export async function writePathTree(
  info: StorePathInfo,
  entries: Iterable<StoreEntry>,
  writer: StoreWriter,
  operation: LongOperation,
): Promise<PathTree> {
  const breathe = createBreather(operation.signal)
  const phase = `Reading ${plainName(info.name)}`
  const index = indexNames(referenceNames(info))
  const hasher = new NarHasher()
  const programs = new ProgramCollector()
  const tables: ReferenceTables = { version: 1, files: {}, links: {}, markers: {} }
  const open: Tree[] = [emptyTree()]
  let kind: 'folder' | 'single' = 'single'
  let done = 0

  for (const entry of entries) {
    await breathe()
    programs.add(entry)
    if (entry.kind === 'folder') {
      kind = 'folder'
      for (const _ of hasher.add(entry)) await breathe()
      open.push(emptyTree())
      continue
    }
    if (entry.kind === 'end') {
      for (const _ of hasher.add(entry)) await breathe()
      const tree = open.pop()!
      // The root folder is the tree itself, not an entry of one.
      if (entry.path === '') open[0] = tree
      else addEntry(open.at(-1)!, folderEntry(nameOf(entry), writer.addTree(tree)), tree)
      continue
    }
    if (entry.kind === 'link') {
      for (const _ of hasher.add(entry)) await breathe()
      const references = findLinkReferences(entry.target, index)
      if (references.length > 0) setOwn(tables.links, entry.path || singleName, references)
      addEntry(open.at(-1)!, linkEntry(nameOf(entry), blankLink(entry.target, references)))
      continue
    }
    const content = entry.read()
    for (const _ of hasher.add(entry, content)) await breathe()
    const { references, markers } = findInFile(content, index)
    await breathe()
    if (references !== undefined) setOwn(tables.files, entry.path || singleName, references)
    if (markers.length > 0) setOwn(tables.markers, entry.path || singleName, markers)
    const blob = writer.addBlob(blankReferences(content, references?.whole ?? []))
    addEntry(open.at(-1)!, fileEntry(nameOf(entry), blob, entry.executable, references !== undefined))
    done += content.length
    operation.onProgress?.({ phase, done, total: info.narSize, unit: 'bytes' })
  }

  const { hash, size } = hasher.digest()
  if (!hash.equals(info.narHash) || size !== info.narSize) {
    const found = `${formatNixSha256(hash)} with ${size} bytes`
    const wanted = `${formatNixSha256(info.narHash)} with ${info.narSize} bytes`
    throw new ZagiError('NAR_BAD', `The store path "${info.name}" is ${found}, not ${wanted}`, {
      hint: 'The Nix store of the server is damaged: nix-store --verify --check-contents --repair',
    })
  }
  const root = open[0]!
  return {
    kind,
    tree: writer.addTree(root),
    tables: writer.addBlob(encodeReferenceTables(tables)),
    files: root.files,
    bytes: root.bytes,
    programs: programs.programs(info.name),
  }
}

function emptyTree(): Tree {
  return { entries: [], files: 0, bytes: 0, count: 0 }
}

function nameOf(entry: StoreEntry): string {
  return entry.path === '' ? singleName : entry.path.slice(entry.path.lastIndexOf('/') + 1)
}

const common = { size: 0, id: '', chunked: false, target: '', shared: true, rewritten: false }

function folderEntry(name: string, id: Id): TreeEntry {
  return { ...common, name, kind: 'tree', mode: 0o555, id, shared: false }
}

function linkEntry(name: string, target: string): TreeEntry {
  return { ...common, name, kind: 'link', mode: 0o777, size: Buffer.byteLength(target), target, shared: false }
}

function fileEntry(name: string, blob: BlobRef, executable: boolean, rewritten: boolean): TreeEntry {
  const mode = executable ? 0o555 : 0o444
  return { ...common, name, kind: 'file', mode, size: blob.size, id: blob.id, chunked: blob.chunked, rewritten }
}

function addEntry(tree: Tree, entry: TreeEntry, below: Tree = emptyTree()): void {
  tree.entries.push(entry)
  tree.files += below.files + (entry.kind === 'file' ? 1 : 0)
  tree.bytes += below.bytes + (entry.kind === 'file' ? entry.size : 0)
  tree.count += below.count + 1
}

// A plain assignment to "__proto__" would set no property.
function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
}
