import { type EntryTable, kindGone } from './entry-table.ts'
import { readFolder } from './folder-reading.ts'
import { treeEntry } from './folder-trees.ts'
import { sharedMode } from './link-cache.ts'
import { localStore } from './store.ts'
import { compareNames } from './tree.ts'
import { checkDepth } from './tree-limits.ts'
import type { BlobRef, Id, PathChange, SnapshotOptions, Store, TreeEntry } from './types.ts'

/**
 * What differs between two stored trees, in tree pre-order. Files and links are named; a folder only where it is empty
 * or was added or removed empty, or has another mode. Times, and whether a file may be shared, are no difference.
 */
export function compareTrees(store: Store, a: Id | undefined, b: Id | undefined): PathChange[] {
  const changes: PathChange[] = []
  compareLists(changes, '', stored(store, a), stored(store, b))
  return changes
}

/**
 * What differs between a snapshot and a folder on disk, times apart. Takes the options that the snapshot was made with;
 * folders of `only` that are not there count as removed. Reads what the stat index does not know, and updates that.
 */
export async function compareFolder(
  store: Store,
  snapshot: { root: Id; times: BlobRef },
  folder: string,
  options: SnapshotOptions = {},
): Promise<PathChange[]> {
  const reading = await readFolder(localStore(store), folder, { ...options, chunks: 'ignore', mayLack: true })
  const { table, work, saveIndex } = reading
  try {
    const changes: PathChange[] = []
    if (table.id(0) !== snapshot.root) compareLists(changes, '', stored(store, snapshot.root), onDisk(table, 0))
    await work.end()
    saveIndex()
    return changes
  } catch (error) {
    await work.abort(error)
    throw error
  }
}

/** An entry of either side; `open` answers what is in a folder. */
interface Item {
  entry: TreeEntry
  open(): Item[]
}

function stored(store: Store, id: Id | undefined): Item[] {
  if (id === undefined) return []
  return store.readTree(id).entries.map((entry) => ({ entry, open: () => stored(store, entry.id) }))
}

function onDisk(table: EntryTable, at: number): Item[] {
  const items: Item[] = []
  for (let child = at + 1; child < table.ends[at]!; child = table.ends[child]!) {
    if (table.kinds[child] === kindGone) continue
    const number = child
    items.push({ entry: treeEntry(table, number), open: () => onDisk(table, number) })
  }
  return items
}

function compareLists(changes: PathChange[], folder: string, before: Item[], after: Item[]): void {
  checkDepth(folder)
  let a = 0
  let b = 0
  while (a < before.length || b < after.length) {
    const old = before[a]
    const now = after[b]
    const order = !old ? 1 : !now ? -1 : compareNames(old.entry.name, now.entry.name)
    if (order <= 0) a++
    if (order >= 0) b++
    compareItems(changes, folder, order <= 0 ? old : undefined, order >= 0 ? now : undefined)
  }
}

function compareItems(changes: PathChange[], folder: string, old: Item | undefined, now: Item | undefined): void {
  const name = (old ?? now)!.entry.name
  const path = folder === '' ? name : `${folder}/${name}`
  if (old && now && isSame(old.entry, now.entry)) return
  const [wasTree, isTree] = [old?.entry.kind === 'tree', now?.entry.kind === 'tree']
  const inside = wasTree ? old!.open() : []
  const insideNow = isTree ? now!.open() : []
  if (wasTree && isTree) {
    if (old!.entry.mode !== now!.entry.mode) changes.push({ path, change: 'changed' })
  } else if (old && now && !wasTree && !isTree) {
    changes.push({ path, change: 'changed' })
  } else {
    // A folder stands for itself only where nothing in it can.
    if (old && inside.length === 0) changes.push({ path, change: 'removed' })
    if (now && insideNow.length === 0) changes.push({ path, change: 'added' })
  }
  compareLists(changes, path, inside, insideNow)
}

function isSame(a: TreeEntry, b: TreeEntry): boolean {
  const isShared = a.shared || b.shared
  const sameMode = isShared ? sharedMode(a.mode) === sharedMode(b.mode) : a.mode === b.mode
  return a.kind === b.kind && a.id === b.id && a.target === b.target && a.rewritten === b.rewritten && sameMode
}
