import { realpathSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoint, explainSystemError, ZagiError } from '../base/index.ts'
import { ChunkIndex } from './chunk-index.ts'
import { ChunkReader } from './chunk-reader.ts'
import { writeNewFile } from './file-writer.ts'
import { type CacheKey, isLinkable, LinkCache } from './link-cache.ts'
import { setMode } from './path-mode.ts'
import {
  outcomeCloned,
  outcomeKept,
  outcomeLinked,
  outcomeWritten,
  type RestoreBatch,
  type RestoreResults,
} from './restore-batch.ts'
import { temporaryName } from './temporary-name.ts'
import type { WorkerData } from './worker-data.ts'

/** One thread's part in putting files in place. */
export class RestoreSession {
  readonly #reader: ChunkReader
  readonly #cache: LinkCache
  readonly #control: Int32Array
  #folder = ''

  constructor(data: WorkerData) {
    this.#reader = new ChunkReader(join(data.storeFolder, 'packs'), ChunkIndex.fromShared(data.index))
    this.#cache = new LinkCache(data.storeFolder, data.sharing)
    this.#control = new Int32Array(data.control)
  }

  restore(batch: RestoreBatch): RestoreResults {
    const count = batch.entries.length
    const results: RestoreResults = {
      entries: batch.entries,
      outcomes: new Uint8Array(count),
      inodes: new BigUint64Array(count),
      modes: new Uint16Array(count),
    }
    // Once a batch: other programs have had time to put a link in a folder's place.
    this.#folder = ''
    for (let i = 0; i < count; i++) {
      if (Atomics.load(this.#control, 0) !== 0) throw new ZagiError('INTERRUPTED', 'Stopped')
      const path = batch.paths[i]!
      try {
        if (!batch.fresh[i]) this.#checkFolder(dirname(path))
        if (batch.stage === 'place') this.#place(batch, results, i)
        else this.#write(batch, results, i)
      } catch (error) {
        throw explainSystemError(error, 'write', path)
      }
      crashPoint('restore:entry')
    }
    return results
  }

  // Every folder on the way was seen to be one; this asks again shortly before writing into it.
  #checkFolder(folder: string): void {
    if (folder === this.#folder) return
    if (realpathSync.native(folder) !== folder) {
      throw new ZagiError('PATH_UNSAFE', `"${folder}" was replaced by a link while it was being written into`, {
        hint: 'Find out what does that, and run the command again',
      })
    }
    this.#folder = folder
  }

  #place(batch: RestoreBatch, results: RestoreResults, i: number): void {
    const key = keyOf(batch, i)
    const inode = this.#inOneStep(batch, i, (path) => this.#cache.place(key, path))
    if (inode === undefined) return
    const isLinked = this.#cache.sharing === 'link'
    results.outcomes[i] = isLinked ? outcomeLinked : outcomeCloned
    results.inodes[i] = inode
    results.modes[i] = isLinked ? key.mode & ~0o222 : key.mode
  }

  #write(batch: RestoreBatch, results: RestoreResults, i: number): void {
    const key = keyOf(batch, i)
    const isShared = batch.shared[i]! && this.#cache.sharing === 'link' && isLinkable(key.mode, key.size, key.mtimeNs)
    const file = {
      ids: asBuffer(batch.ids),
      at: i * 32,
      chunked: batch.chunked[i]!,
      size: key.size,
      mode: isShared ? key.mode & ~0o222 : key.mode,
      mtimeNs: key.mtimeNs,
    }
    results.outcomes[i] = isShared ? outcomeKept : outcomeWritten
    results.inodes[i] = this.#inOneStep(batch, i, (path) => writeNewFile({ ...file, path }, this.#reader))!
    results.modes[i] = file.mode
    if (!isShared || this.#cache.keep(batch.paths[i]!, key)) return
    // An equal file came first: share that one. Where that is refused, this one becomes private and writable.
    batch.replace[i] = true
    this.#place(batch, results, i)
    if (results.outcomes[i] !== outcomeKept) return
    setMode(batch.paths[i]!, key.mode)
    results.outcomes[i] = outcomeWritten
    results.modes[i] = key.mode
  }

  /** Makes a file where nothing is, or beside what is there and then renames it over that. */
  #inOneStep(batch: RestoreBatch, i: number, make: (path: string) => bigint | undefined): bigint | undefined {
    const path = batch.paths[i]!
    if (!batch.replace[i]) return make(path)
    const temporary = join(dirname(path), temporaryName())
    try {
      const inode = make(temporary)
      if (inode === undefined) return undefined
      renameSync(temporary, path)
      // Renaming one link of an inode over another one of it does nothing at all.
      rmSync(temporary, { force: true })
      return inode
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  }

  close(): void {
    this.#reader.close()
  }
}

function keyOf(batch: RestoreBatch, i: number): CacheKey {
  const id = asBuffer(batch.ids).toString('hex', i * 32, i * 32 + 32)
  return { id, mtimeNs: batch.mtimes[i]!, mode: batch.modes[i]!, size: batch.sizes[i]! }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
