import { ZagiError } from '../base/index.ts'
import {
  EntryTable,
  flagChunked,
  flagRewritten,
  flagScaffold,
  flagShared,
  kindFile,
  kindLink,
  kindTree,
} from './entry-table.ts'
import { isReservedName } from './reserved-name.ts'
import { wantedFolders } from './scan.ts'
import { decodeTimes, noTime } from './times.ts'
import { checkCount, checkDepth } from './tree-limits.ts'
import type { BlobRef, Id, Store, TreeEntry } from './types.ts'

/**
 * Everything that a snapshot says should be, in one table. Folders that are only a way down get `flagScaffold`: those of
 * which the snapshot has no time, and with `only` those above the wanted ones. Nothing that `only` leaves out is in it.
 * @throws ZagiError TREE_CORRUPT, PATH_UNSAFE, CHUNK_MISSING, …
 */
export function planRestore(
  store: Store,
  snapshot: { root: Id; times: BlobRef },
  only: readonly string[] | undefined,
): EntryTable {
  const times = decodeTimes(store.readBlob(snapshot.times))
  const plan = new Planner(store, times.entries, only && wantedFolders(only))
  plan.addRoot(snapshot.root, times.root)
  if (plan.seen !== times.entries.length) failTimes()
  return plan.table
}

class Planner {
  readonly table = new EntryTable()
  /** Entries of the snapshot that were met, below the root. */
  seen = 0
  readonly #store: Store
  readonly #times: BigInt64Array
  /** Undefined: everything is wanted. */
  readonly #only: ReadonlySet<string> | undefined
  /** Folders above the wanted ones. */
  readonly #ways = new Set<string>()

  constructor(store: Store, times: BigInt64Array, only: readonly string[] | undefined) {
    this.#store = store
    this.#times = times
    this.#only = only && new Set(only)
    for (const folder of only ?? []) {
      for (let end = folder.lastIndexOf('/'); end > 0; end = folder.lastIndexOf('/', end - 1)) {
        this.#ways.add(folder.slice(0, end))
      }
    }
  }

  addRoot(id: Id, time: bigint): void {
    const at = this.table.push('', kindTree)
    this.table.modes[at] = 0o755
    this.#setTime(at, time)
    this.#openTree(at, id, this.#only === undefined)
  }

  /** @param isInside everything in it is wanted; else it is a way down */
  #openTree(at: number, id: Id, isInside: boolean): void {
    const { table } = this
    const path = table.paths[at]!
    checkDepth(path)
    const tree = this.#store.readTree(id)
    table.ids.write(id, at * 32, 32, 'hex')
    table.links[at] = tree.files
    table.sizes[at] = tree.bytes
    if (!isInside) table.flags[at]! |= flagScaffold
    const parentName = table.name(at)
    for (const entry of tree.entries) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`
      if (isReservedName(parentName, entry.name)) failReserved(child)
      checkCount(++this.seen)
      const time = this.#times[this.seen - 1] ?? failTimes()
      const isTree = entry.kind === 'tree'
      if (isInside || this.#only?.has(child)) {
        this.#addEntry(child, entry, time, true)
      } else if (isTree && this.#ways.has(child)) {
        this.#addEntry(child, entry, time, false)
      } else if (isTree) {
        // The times go by position, so what is left out is counted.
        this.seen += this.#store.readTree(entry.id).count
        checkCount(this.seen)
      }
    }
    table.ends[at] = table.count
  }

  #addEntry(path: string, entry: TreeEntry, time: bigint, isInside: boolean): void {
    const { table } = this
    const at = table.push(path, entry.kind === 'file' ? kindFile : entry.kind === 'link' ? kindLink : kindTree)
    table.modes[at] = entry.mode
    table.storedSizes[at] = entry.size
    table.sizes[at] = entry.size
    if (entry.chunked) table.flags[at]! |= flagChunked
    if (entry.shared) table.flags[at]! |= flagShared
    if (entry.rewritten) table.flags[at]! |= flagRewritten
    this.#setTime(at, time)
    if (entry.kind === 'link') table.targets.set(at, entry.target)
    else table.ids.write(entry.id, at * 32, 32, 'hex')
    if (entry.kind === 'tree') this.#openTree(at, entry.id, isInside)
  }

  #setTime(at: number, time: bigint): void {
    this.table.mtimes[at] = time
    if (time === noTime) this.table.flags[at]! |= flagScaffold
  }
}

function failTimes(): never {
  throw new ZagiError('TREE_CORRUPT', 'The times of a snapshot do not fit its trees', {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}

function failReserved(path: string): never {
  throw new ZagiError('PATH_UNSAFE', `The snapshot has an entry "${path}", which may only be made by this machine`, {
    hint: 'Do not restore it: whoever made it wants programs to run what they wrote',
  })
}
