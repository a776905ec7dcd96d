import { chmodSync, lutimesSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { explaining, ZagiError } from '../base/index.ts'
import type { Store, Tree, TreeEntry } from '../store/index.ts'
import { applyLinkReferences, type Relocation } from './apply-references.ts'
import type { ClosurePath } from './closure.ts'
import { type ReferenceTables, readReferenceTables } from './reference-tables.ts'
import { writeToolFile } from './tool-file.ts'
import { toolTime } from './tool-time.ts'

/**
 * Writes one path of a closure to `target`, which does not exist yet. Yields after each entry how many bytes it wrote,
 * so that a caller can report progress and stop. @throws ZagiError TREE_CORRUPT, MANIFEST_CORRUPT, CHUNK_MISSING, CHUNK_CORRUPT, DISK_FULL, …
 */
export function* writeTool(store: Store, path: ClosurePath, relocation: Relocation, target: string): Generator<number> {
  const writer = new ToolWriter(store, path, relocation)
  const tree = store.readTree(path.tree)
  if (tree.files !== path.files || tree.bytes !== path.bytes) corrupt(path, 'its totals differ from the closure record')
  if (path.kind === 'folder') yield* writer.folder(tree, target, '')
  else yield* writer.entry(singleEntry(path, tree), target, 'content')
  writer.finish()
}

function singleEntry(path: ClosurePath, tree: Tree): TreeEntry {
  const entry = tree.entries[0]
  if (entry === undefined || tree.entries.length > 1 || entry.name !== 'content' || entry.kind === 'tree') {
    corrupt(path, 'it should be a single file or link')
  }
  return entry
}

/** Writes the entries of one closure path, and sees to it that there are no more of them than were promised. */
class ToolWriter {
  readonly #store: Store
  readonly #path: ClosurePath
  readonly #relocation: Relocation
  readonly #files: Map<string, ReferenceTables['files'][string]>
  readonly #links: Map<string, ReferenceTables['links'][string]>
  #entriesLeft: number
  #bytesLeft: number

  constructor(store: Store, path: ClosurePath, relocation: Relocation) {
    this.#store = store
    this.#path = path
    this.#relocation = relocation
    const tables = readReferenceTables(store, path.tables, path.references.length)
    this.#files = new Map(Object.entries(tables.files))
    this.#links = new Map(Object.entries(tables.links))
    this.#entriesLeft = store.readTree(path.tree).count
    this.#bytesLeft = path.bytes
  }

  *folder(tree: Tree, target: string, name: string): Generator<number> {
    explaining('make the folder', target, () => mkdirSync(target, 0o700))
    const below = name === '' ? '' : `${name}/`
    for (const entry of tree.entries) {
      // A tree that names one subtree many times over can promise more files than any disk holds.
      if (--this.#entriesLeft < 0) corrupt(this.#path, 'it has more entries than its totals say')
      yield* this.entry(entry, `${target}/${entry.name}`, below + entry.name)
    }
    explaining('write', target, () => {
      chmodSync(target, 0o555)
      utimesSync(target, toolTime, toolTime)
    })
  }

  *entry(entry: TreeEntry, target: string, name: string): Generator<number> {
    if (entry.kind === 'tree') {
      yield* this.folder(this.#store.readTree(entry.id), target, name)
      return
    }
    const relocation = this.#relocation
    if (entry.kind === 'link') {
      const references = this.#links.get(name)
      const to = references ? applyLinkReferences(entry.target, references, relocation, name) : entry.target
      explaining('write', target, () => {
        symlinkSync(to, target)
        lutimesSync(target, toolTime, toolTime)
      })
      this.#links.delete(name)
      yield 0
    } else {
      this.#bytesLeft -= entry.size
      if (this.#bytesLeft < 0) corrupt(this.#path, 'it has more bytes than its totals say')
      const references = this.#files.get(name)
      explaining('write', target, () => writeToolFile(this.#store, entry, target, { references, relocation, name }))
      this.#files.delete(name)
      yield entry.size
    }
  }

  finish(): void {
    const [unused] = [...this.#files.keys(), ...this.#links.keys()]
    if (unused !== undefined) corrupt(this.#path, `its reference tables name "${unused}", which is not there`)
  }
}

function corrupt(path: ClosurePath, why: string): never {
  throw new ZagiError('TREE_CORRUPT', `The tree of "${path.name}" is damaged: ${why}`)
}
