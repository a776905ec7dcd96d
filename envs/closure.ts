import { isSystemName, type SystemName } from '../base/index.ts'
import type { BlobRef, Id, Roots, Store } from '../store/index.ts'
import { checkedBlobRef, idForm, orderedBlobRef } from './blob-ref.ts'
import { CheckedJson, checkSize, fetchAgain } from './checked-json.ts'
import { isStoreName } from './store-name.ts'

/** One store path of a closure. */
export interface ClosurePath {
  /** Base name of the store path: `<32 characters of Nix base32>-<name>`. */
  name: string
  /** `sha256:<52 characters of Nix base32>`, of the original bytes. */
  narHash: string
  narSize: number
  /**
   * `folder`: `tree` is the store path. `single`: the store path is one file or link, and `tree` has exactly one entry,
   * named "content", that is it.
   */
  kind: 'folder' | 'single'
  /** The blanked tree: no hash of any whole reference is left in its files and link targets. */
  tree: Id
  /** Positions in `paths` of what this path refers to, ascending. Always includes the path itself. */
  references: number[]
  /** Its reference tables, see {@link ReferenceTables}. */
  tables: BlobRef
  /** Totals of the tree. */
  files: number
  bytes: number
}

/** A tool's own store path and every store path that it needs at run time. See docs/formats/closure.md. */
export interface Closure {
  version: 1
  system: SystemName
  storeFolder: '/nix/store'
  /** Position in `paths` of the tool itself. */
  main: number
  /** Strictly sorted by name. */
  paths: ClosurePath[]
}

const maximumRecord = 32 * 1024 * 1024
const maximumPaths = 20_000
const what = 'The closure record'

/** The canonical bytes of a closure: equal closures give equal bytes. @throws ZagiError MANIFEST_CORRUPT on an invalid one */
export function encodeClosure(closure: Closure): Uint8Array {
  const bytes = canonical(closure)
  decodeClosure(bytes)
  return bytes
}

/** @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function decodeClosure(bytes: Uint8Array): Closure {
  const root = CheckedJson.document(bytes, what, { version: 1, maximum: maximumRecord, hint: fetchAgain })
  root.at('storeFolder').text(/^\/nix\/store$/, '"/nix/store"')
  const items = root.at('paths').items(maximumPaths)
  const closure: Closure = {
    version: 1,
    system: root.at('system').matching(isSystemName, 'the name of a system'),
    storeFolder: '/nix/store',
    main: root.at('main').integer(0, items.length - 1),
    paths: items.map((item, at) => checkedPath(item, at, items.length)),
  }
  closure.paths.forEach((path, at) => {
    const before = closure.paths[at - 1]
    if (before !== undefined && before.name >= path.name) items[at]!.fail('the paths are not sorted by name')
  })
  // Unknown or repeated fields must not let one closure have two ids.
  if (Buffer.compare(canonical(closure), bytes) !== 0) root.fail('it is not in canonical form')
  return closure
}

function checkedPath(json: CheckedJson, at: number, count: number): ClosurePath {
  const references = json.at('references')
  const numbers = references.items(count).map((item) => item.integer(0, count - 1))
  if (numbers.some((number, i) => i > 0 && numbers[i - 1]! >= number)) references.fail('must be ascending')
  if (!numbers.includes(at)) references.fail('must include the path itself')
  return {
    name: json.at('name').matching(isStoreName, 'the base name of a store path'),
    narHash: json.at('narHash').text(/^sha256:[0-9a-df-np-sv-z]{52}$/, 'a SHA-256 in Nix base32'),
    narSize: json.at('narSize').integer(0),
    kind: json.at('kind').text(/^(folder|single)$/, '"folder" or "single"') as 'folder' | 'single',
    tree: json.at('tree').text(idForm, 'an id of 64 hex digits'),
    references: numbers,
    tables: checkedBlobRef(json.at('tables')),
    files: json.at('files').integer(0),
    bytes: json.at('bytes').integer(0),
  }
}

function canonical({ system, main, paths }: Closure): Uint8Array {
  const ordered = paths.map(({ name, narHash, narSize, kind, tree, references, tables, files, bytes }) => ({
    name,
    narHash,
    narSize,
    kind,
    tree,
    references,
    tables: orderedBlobRef(tables),
    files,
    bytes,
  }))
  return Buffer.from(JSON.stringify({ version: 1, system, storeFolder: '/nix/store', main, paths: ordered }))
}

/** Reads a closure record from the store. @throws ZagiError TOO_LARGE, MANIFEST_CORRUPT, CHUNK_MISSING, … */
export function readClosure(store: Store, closure: BlobRef): Closure {
  checkSize(closure.size, what, maximumRecord)
  return decodeClosure(store.readBlob(closure))
}

/** What must be kept or transferred so that a closure can be materialised: its trees, its tables and the record itself. */
export function closureRoots(store: Store, closure: BlobRef): Roots {
  const { paths } = readClosure(store, closure)
  const trees = new Set(paths.map((path) => path.tree))
  const blobs = new Map([closure, ...paths.map((path) => path.tables)].map((ref) => [ref.id, orderedBlobRef(ref)]))
  return { trees: [...trees].sort(), blobs: [...blobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) }
}
