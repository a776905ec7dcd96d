import type { BlobRef, Store } from '../store/index.ts'
import { CheckedJson, checkSize, fetchAgain } from './checked-json.ts'
import { referenceLength } from './store-name.ts'

/**
 * A reference that lies whole in a file. `offset`: where its text `nix/store/<32>-` begins, so the byte after the leading
 * slash (compilers may keep that slash elsewhere). `path`: position in the `references` of the closure path the file belongs to.
 * `width`: bytes a character (1, or 2 and 4 for UTF-16 and UTF-32).
 */
export type WholeReference = [offset: number, path: number, width: 1 | 2 | 4]

/** `length` bytes from byte `from` of `/nix/store/<32>-`, at `offset`: a piece of a path that a compiler took apart. */
export type SplitReference = [offset: number, path: number, from: number, length: number]

/** A reference in a link's target, counted in bytes of the target; `offset` as in {@link WholeReference}. */
export type LinkReference = [offset: number, path: number]

/** References of one file, each list ascending by offset; no two of them overlap. */
export interface FileReferences {
  whole: WholeReference[]
  split: SplitReference[]
}

/**
 * Why some reference in a file cannot be rewritten: a hash without the path around it, a path inside compressed data,
 * a path taken apart in a way that is not understood.
 */
export type Marker = 'bare-hash' | 'compressed' | 'split'

/**
 * Where the references of one closure path are. Keys are paths relative to it ('/'-separated; "content" in a `single` one);
 * files and links without references are left out. See docs/formats/closure.md.
 */
export interface ReferenceTables {
  version: 1
  files: Record<string, FileReferences>
  links: Record<string, LinkReference[]>
  /** Files in which something cannot be rewritten: they work until that reference is used. */
  markers: Record<string, Marker[]>
}

const what = 'The reference tables'
const maximumTables = 256 * 1024 * 1024
const maximumEntries = 2_000_000
const maximumReferences = 1_000_000

/** The canonical bytes of reference tables. */
export function encodeReferenceTables(tables: ReferenceTables): Uint8Array {
  const files = sorted(tables.files, ({ whole, split }) => ({ whole, split }))
  const links = sorted(tables.links, (references) => references)
  const markers = sorted(tables.markers, (list) => [...new Set(list)].sort())
  return Buffer.from(JSON.stringify({ version: 1, files, links, markers }))
}

function sorted<T, R>(record: Record<string, T>, value: (value: T) => R): Record<string, R> {
  const names = Object.keys(record).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  // fromEntries defines own properties, also one that is named "__proto__".
  return Object.fromEntries(names.map((name) => [name, value(record[name]!)]))
}

/**
 * Checked for form only: offsets are checked against the bytes of each file when they are applied.
 * @param references how many references the closure path has @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW
 */
export function decodeReferenceTables(bytes: Uint8Array, references: number): ReferenceTables {
  const root = CheckedJson.document(bytes, what, { version: 1, maximum: maximumTables, hint: fetchAgain })
  const files = root.at('files').entries(maximumEntries)
  const links = root.at('links').entries(maximumEntries)
  const markers = root.at('markers').entries(maximumEntries)
  return {
    version: 1,
    files: Object.fromEntries(files.map(([name, json]) => [name, checkedFile(json, references)])),
    links: Object.fromEntries(links.map(([name, json]) => [name, checkedLink(json, references)])),
    markers: Object.fromEntries(markers.map(([name, json]) => [name, json.items(8).map(checkedMarker)])),
  }
}

/** Reads the tables of a closure path from the store. @throws ZagiError TOO_LARGE, MANIFEST_CORRUPT, CHUNK_MISSING, … */
export function readReferenceTables(store: Store, tables: BlobRef, references: number): ReferenceTables {
  checkSize(tables.size, what, maximumTables)
  return decodeReferenceTables(store.readBlob(tables), references)
}

function checkedFile(json: CheckedJson, references: number): FileReferences {
  const whole = json.at('whole')
  const split = json.at('split')
  const checked: FileReferences = {
    whole: whole.items(maximumReferences).map((item) => {
      const [offset, path, width] = item.numbers(3)
      if (width !== 1 && width !== 2 && width !== 4) item.fail('the width must be 1, 2 or 4')
      return [...checkedPlace(item, offset!, path!, references), width as 1 | 2 | 4]
    }),
    split: split.items(maximumReferences).map((item) => {
      const [offset, path, from, length] = item.numbers(4)
      if (from! < 0 || length! < 1 || from! + length! > referenceLength + 1)
        item.fail('there is no such piece of a path')
      return [...checkedPlace(item, offset!, path!, references), from!, length!]
    }),
  }
  const spans = [
    ...checked.whole.map(([offset, , width]) => [offset, offset + (referenceLength - 1) * width + 1]),
    ...checked.split.map(([offset, , , length]) => [offset, offset + length]),
  ].sort((a, b) => a[0]! - b[0]!)
  if (spans.some((span, i) => i > 0 && spans[i - 1]![1]! > span[0]!)) json.fail('references overlap')
  if (!ascending(checked.whole)) whole.fail('must be ascending')
  if (!ascending(checked.split)) split.fail('must be ascending')
  return checked
}

function checkedLink(json: CheckedJson, references: number): LinkReference[] {
  const list = json.items(maximumReferences).map((item): LinkReference => {
    const [offset, path] = item.numbers(2)
    return checkedPlace(item, offset!, path!, references)
  })
  if (list.some(([offset], i) => i > 0 && list[i - 1]![0] + referenceLength > offset)) json.fail('references overlap')
  return list
}

function checkedPlace(json: CheckedJson, offset: number, path: number, references: number): [number, number] {
  if (offset < 0) json.fail('the offset must not be negative')
  if (path < 0 || path >= references) json.fail(`there is no reference number ${path}`)
  return [offset, path]
}

function ascending(list: readonly [number, ...unknown[]][]): boolean {
  return list.every(([offset], i) => i === 0 || list[i - 1]![0] < offset)
}

function checkedMarker(json: CheckedJson): Marker {
  return json.text(/^(bare-hash|compressed|split)$/, 'a known marker') as Marker
}
