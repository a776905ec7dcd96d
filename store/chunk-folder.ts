import { ChunkIndex } from './chunk-index.ts'
import { EntryTable, kindFile } from './entry-table.ts'
import { FileWork } from './file-work.ts'
import { idAt } from './id.ts'
import { IdSet } from './id-set.ts'
import { scanFolder } from './scan.ts'
import type { ChunkFolderOptions, ChunkStatistics, Id } from './types.ts'

/** Counts the chunks of all files of a folder, and stores nothing. Chunk lists of larger files are not counted. */
export async function chunkFolder(folder: string, options: ChunkFolderOptions = {}): Promise<ChunkStatistics> {
  const { exclude, signal, onProgress } = options
  const table = new EntryTable()
  const noStore = { folder: '', link: 'copy', index: new ChunkIndex([]) } as const
  const work = new FileWork(noStore, { table, folder, chunks: 'count', signal, onProgress })
  try {
    const onEntry = (at: number) => {
      if (table.kinds[at] === kindFile) work.add(at, false)
    }
    scanFolder(folder, table, { exclude, signal, onEntry })
    await work.finish()
    const statistics = countFiles(table)
    for (const { counted } of await work.end()) {
      if (counted === undefined) continue
      statistics.chunks += counted.total
      counted.sizes.forEach((size, i) => {
        statistics.ids.set(idAt(counted.ids, i * 32), size)
      })
    }
    for (const size of statistics.ids.values()) statistics.uniqueBytes += size
    statistics.uniqueChunks = statistics.ids.size
    return statistics
  } catch (error) {
    await work.abort(error)
    throw error
  }
}

function countFiles(table: EntryTable): ChunkStatistics {
  const distinct = new IdSet()
  const ids = new Map<Id, number>()
  const statistics = { files: 0, distinctFiles: 0, bytes: 0, chunks: 0, uniqueChunks: 0, uniqueBytes: 0, ids }
  for (let at = 0; at < table.count; at++) {
    if (table.kinds[at] !== kindFile) continue
    statistics.files++
    statistics.bytes += table.sizes[at]!
    distinct.add(table.ids, at * 32)
  }
  statistics.distinctFiles = distinct.size
  return statistics
}
