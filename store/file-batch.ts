import type { BigIntStats } from 'node:fs'
import type { ContentAdder } from './content-adder.ts'
import { flagChunked, flagLinked, flagSettled } from './entry-table.ts'
import type { FileReader } from './file-reader.ts'
import { isLinkable, type LinkCache, sharedMode } from './link-cache.ts'

/** Files to be read, in columns: what a thread asks another one to do. */
export interface FileBatch {
  /** Numbers of the entries, for the asking side. */
  entries: number[]
  /** Whole paths. */
  paths: string[]
  sizes: number[]
  mtimes: bigint[]
  inodes: bigint[]
  /** Link the file into the cache. */
  adopt: boolean[]
}

/** What was found, in columns in the order of the batch. */
export interface FileResults {
  entries: number[]
  /** 32 bytes a file. */
  ids: Uint8Array
  /** `flagChunked`, `flagLinked`, `flagSettled`, or `gone`. */
  flags: Uint8Array
  sizes: Float64Array
  mtimes: BigInt64Array
  inodes: BigUint64Array
  modes: Uint16Array
}

/** In `FileResults.flags`: the file was not there any more. */
export const gone = 255

/** A batch may hold this many files, … */
const fullFiles = 256
/** … or files of this many bytes. */
const fullBytes = 2 * 1024 * 1024

/** Files gathered for one batch. */
export class BatchBuilder {
  batch: FileBatch = { entries: [], paths: [], sizes: [], mtimes: [], inodes: [], adopt: [] }
  bytes = 0

  get isFull(): boolean {
    return this.bytes >= fullBytes || this.batch.entries.length >= fullFiles
  }
}

/** What reading files takes: each thread has its own. */
export interface FileTools {
  reader: FileReader
  adder: ContentAdder
  cache: LinkCache | undefined
}

/** Reads the files of a batch, hands their chunks on, and links those into the cache that are to be. */
export function readBatch(batch: FileBatch, { reader, adder, cache }: FileTools): FileResults {
  const count = batch.entries.length
  const ids = Buffer.alloc(count * 32)
  const results: FileResults = {
    entries: batch.entries,
    ids,
    flags: new Uint8Array(count),
    sizes: new Float64Array(count),
    mtimes: new BigInt64Array(count),
    inodes: new BigUint64Array(count),
    modes: new Uint16Array(count),
  }
  for (let i = 0; i < count; i++) {
    const path = batch.paths[i]!
    const expected = { size: batch.sizes[i]!, mtimeNs: batch.mtimes[i]!, inode: batch.inodes[i]!, mode: 0 }
    const stat = reader.read(path, expected, adder)
    if (stat === undefined) {
      results.flags[i] = gone
      continue
    }
    let flags = adder.end(ids, i * 32) ? flagChunked : 0
    let mode = Number(stat.mode) & 0o7777
    if (batch.adopt[i] && cache !== undefined) {
      const adopted = adopt(cache, path, stat, ids.toString('hex', i * 32, i * 32 + 32))
      flags |= adopted.flags
      if (adopted.readOnly) mode &= ~0o222
    }
    results.flags[i] = flags
    results.sizes[i] = Number(stat.size)
    results.mtimes[i] = stat.mtimeNs
    results.inodes[i] = stat.ino
    results.modes[i] = mode
  }
  return results
}

// The kernel stamps files with a clock that ticks every 1 to 10 ms: a younger file could still change unnoticed.
const clockTickNs = 20_000_000n

interface Adopted {
  flags: number
  /** The file has no write bits any more. */
  readOnly: boolean
}

function adopt(cache: LinkCache, path: string, stat: BigIntStats, id: string): Adopted {
  const size = Number(stat.size)
  const mode = sharedMode(Number(stat.mode) & 0o7777)
  const settled = { flags: flagSettled, readOnly: false }
  if (!isLinkable(mode, size, stat.mtimeNs)) return settled
  const key = { id, mtimeNs: stat.mtimeNs, mode, size }
  if (stat.nlink > 1n) return cache.holds(key, stat.ino) ? { flags: flagLinked, readOnly: true } : settled
  const later = { flags: 0, readOnly: false }
  if (stat.mtimeNs > BigInt(Date.now()) * 1_000_000n - clockTickNs) return later
  const adoption = cache.adopt(path, key, stat.ino)
  if (adoption === 'linked') return { flags: flagLinked, readOnly: true }
  if (adoption === 'alone') return { flags: flagSettled, readOnly: true }
  return adoption === 'later' ? later : settled
}
