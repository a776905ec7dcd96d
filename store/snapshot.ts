import { kindLink, kindTree } from './entry-table.ts'
import { type FolderReading, readFolder, timesOf } from './folder-reading.ts'
import { type LocalStore, localStore } from './store.ts'
import { encodeTimes } from './times.ts'
import type { BlobRef, Snapshot, SnapshotOptions, Store, WriteResult } from './types.ts'

/**
 * Saves a folder: trees of everything in it, and the times. Files that the stat index knows are not read; the others are
 * read by worker threads where there are many. What is not told apart by content (see `SnapshotOptions`) is the caller's.
 * @throws ZagiError FILE_TYPE, NAME_NOT_UTF8, FILE_CHANGED, NOT_READABLE, DISK_FULL, INTERRUPTED, …
 */
export async function snapshotFolder(store: Store, folder: string, options: SnapshotOptions = {}): Promise<Snapshot> {
  const local = localStore(store)
  if (!options.dryRun) local.reconcile()
  const reading = await readFolder(local, folder, { ...options, chunks: options.dryRun ? 'ignore' : 'store' })
  const { table, work } = reading
  try {
    const times = addTimes(reading)
    const write = await endWork(local, reading)
    reading.saveIndex()
    let links = 0
    let folders = 0
    for (let at = 1; at < table.count; at++) {
      if (table.kinds[at] === kindLink) links++
      else if (table.kinds[at] === kindTree) folders++
    }
    return {
      root: table.id(0),
      times,
      files: table.links[0]!,
      bytes: table.sizes[0]!,
      links,
      folders,
      write,
      unchanged: reading.unchanged,
    }
  } catch (error) {
    await work.abort(error)
    throw error
  }
}

function addTimes({ table, work }: FolderReading): BlobRef {
  const bytes = encodeTimes(timesOf(table))
  return work.session.addBlob(bytes)
}

/** Content first, then what names it; all of it durable before any of it is visible. */
async function endWork(store: LocalStore, { work }: FolderReading): Promise<WriteResult> {
  const result: WriteResult = { packs: [], newChunks: 0, newBytes: 0, storedBytes: 0 }
  const packs = []
  for (const { stored } of await work.end()) {
    if (stored === undefined) continue
    packs.push(...stored.packs)
    result.newChunks += stored.newChunks
    result.newBytes += stored.newBytes
  }
  store.commit(packs)
  result.packs = packs.map((pack) => pack.id)
  result.storedBytes = packs.reduce((sum, pack) => sum + pack.size, 0)
  return result
}
