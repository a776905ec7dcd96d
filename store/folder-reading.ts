import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isZagiError, throwIfInterrupted } from '../base/index.ts'
import { EntryTable, flagScaffold, kindGone } from './entry-table.ts'
import { FileIntake } from './file-intake.ts'
import { FileWork } from './file-work.ts'
import { makeTrees } from './folder-trees.ts'
import { encodeKnown } from './known-entry.ts'
import { LinkCache } from './link-cache.ts'
import { rewriteFiles, rewriteLinks } from './rewrite-entries.ts'
import { scanFolder } from './scan.ts'
import { type IndexedStat, StatIndex } from './stat-index.ts'
import type { LocalStore } from './store.ts'
import { noTime, type Times } from './times.ts'
import type { SnapshotOptions } from './types.ts'
import type { ChunkUse } from './worker-data.ts'

/** A folder on disk with the ids of everything in it. `work` still has to be ended, or aborted. */
export interface FolderReading {
  table: EntryTable
  work: FileWork
  /** Files that were not read, thanks to the stat index. */
  unchanged: number
  /** Writes the stat index, where one was asked for and something in it changed. */
  saveIndex(): void
}

/**
 * Finds the ids of all files and trees of a folder: from the stat index, or by reading.
 * @param options.chunks what becomes of the chunks that are read, and of the trees
 * @param options.mayLack folders of `only` that are not there are left out
 */
export async function readFolder(
  store: LocalStore,
  folder: string,
  options: SnapshotOptions & { chunks: ChunkUse; mayLack?: boolean },
): Promise<FolderReading> {
  const { chunks, statIndexFile, signal } = options
  const table = new EntryTable()
  const index = statIndexFile === undefined ? new StatIndex() : StatIndex.read(statIndexFile)
  const work = new FileWork(store, { table, folder, chunks, signal, onProgress: options.onProgress })
  try {
    const intake = new FileIntake({ store, folder, options, table, index, work, chunks })
    const device = options.adopt ? new LinkCache(store.folder, store.link).device : undefined
    scanFolder(folder, table, {
      only: options.only,
      mayLack: options.mayLack,
      exclude: options.exclude,
      device,
      signal,
      onEntry: (at) => intake.take(at),
    })
    await work.finish()
    throwIfInterrupted(signal)
    rewriteLinks(table, options)
    const { rewrite } = options
    if (rewrite) rewriteFiles({ entries: intake.rewritten, folder, table, rewrite, session: work.session })
    const isThere = (ids: Buffer, at: number) => chunks !== 'store' || store.index.has(ids, at)
    makeTrees({ table, index, sink: work.session.sink, isThere })
    return {
      table,
      work,
      unchanged: intake.unchanged,
      saveIndex: () => {
        if (statIndexFile !== undefined) saveIndex(table, index, statIndexFile)
      },
    }
  } catch (error) {
    await work.abort(error)
    throw error
  }
}

function saveIndex(table: EntryTable, index: StatIndex, file: string): void {
  if (isUpToDate(table, index)) return
  for (let at = 0; at < table.count; at++) {
    if (table.kinds[at] !== kindGone) index.set(table.paths[at]!, statOf(table, at), encodeKnown(table, at))
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    index.write(file)
  } catch (error) {
    // A cache: a folder that cannot be written is read again next time.
    if (!isZagiError(error, 'NOT_WRITABLE')) throw error
  }
}

function isUpToDate(table: EntryTable, index: StatIndex): boolean {
  if (index.size !== table.count) return false
  for (let at = 0; at < table.count; at++) {
    if (table.known[at] !== at || !index.isUpToDate(at, statOf(table, at), encodeKnown(table, at))) return false
  }
  return true
}

function statOf(table: EntryTable, at: number): IndexedStat {
  return { size: table.sizes[at]!, mtimeNs: table.mtimes[at]!, inode: table.inodes[at]!, mode: table.modes[at]! }
}

/** The times of a folder's entries. Those of mere ways down stay out: they say nothing about what was asked for. */
export function timesOf(table: EntryTable): Times {
  const entries = new BigInt64Array(table.count)
  let count = 0
  for (let at = 0; at < table.count; at++) {
    if (table.kinds[at] === kindGone) continue
    entries[count++] = table.has(at, flagScaffold) ? noTime : table.mtimes[at]!
  }
  return { root: entries[0]!, entries: entries.slice(1, count) }
}
