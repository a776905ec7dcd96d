import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { explainSystemError, temporaryBeside } from '../base/index.ts'
import { comparePaths } from './path-order.ts'
import { type IndexedStat, StatTable } from './stat-table.ts'

export type { IndexedStat } from './stat-table.ts'

// The kernel stamps files with a clock that ticks every 1 to 10 ms.
const clockTickMs = 20

/**
 * What is known of files by their size, mtime, inode and mode, so that unchanged ones need not be read again.
 * `get` answers from what was read; `set` collects the entries of the next index, and `write` writes just these:
 * a pass over the files sets every path that is to stay known. Asking and setting in path order (folders before what is
 * in them, names by bytes) is fast; any order works. A missing, damaged or foreign file counts as empty.
 *
 * Racy rule, as Git's: an entry whose mtime is not older than the index file, or than the moment at which the pass began
 * that wrote it, could have been written again within the same tick of the clock, and is not believed. ctime is not
 * looked at, because linking a file elsewhere changes it. Format: docs/formats/stat-index.md.
 */
export class StatIndex {
  #known = new StatTable()
  readonly #next = new StatTable()
  #cursor = 0

  constructor() {
    this.#next.believedBefore = BigInt(Date.now() - clockTickMs) * 1_000_000n
  }

  /** Reads an index; an empty one where there is none or it is damaged. Begins a pass: call it before looking at files. */
  static read(file: string): StatIndex {
    const index = new StatIndex()
    try {
      index.#known = readTable(file)
    } catch {
      // A cache: whatever is wrong with it, everything is read again and a new one is written.
    }
    return index
  }

  /** The number of entries that were read. */
  get size(): number {
    return this.#known.count
  }

  /** The value recorded for `path`, or undefined where the stat differs or the entry is racy. The bytes are a view. */
  get(path: string, stat: IndexedStat): Uint8Array | undefined {
    const at = this.find(path)
    return at >= 0 && this.matches(at, stat) ? this.#known.value(at) : undefined
  }

  /** The position of `path` among the entries that were read, or -1. */
  find(path: string): number {
    const { paths, count } = this.#known
    if (this.#cursor < count && paths[this.#cursor] === path) return this.#cursor++
    let low = 0
    let high = count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const order = comparePaths(paths[middle]!, path)
      if (order === 0) {
        this.#cursor = middle + 1
        return middle
      }
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** True when the entry at a position is not racy and has this size, mtime, inode and mode. */
  matches(at: number, stat: IndexedStat): boolean {
    return this.#known.modes[at] === stat.mode && this.sameContent(at, stat)
  }

  /** As `matches`, whatever the mode is. */
  sameContent(at: number, stat: Omit<IndexedStat, 'mode'>): boolean {
    const known = this.#known
    return (
      known.mtimes[at] === stat.mtimeNs &&
      known.sizes[at] === stat.size &&
      known.inodes[at] === stat.inode &&
      stat.mtimeNs < known.believedBefore
    )
  }

  /** The stat recorded at a position. */
  statAt(at: number): IndexedStat {
    return this.#known.stat(at)
  }

  modeAt(at: number): number {
    return this.#known.modes[at]!
  }

  /** The value recorded at a position, whatever the stat is now: a view. */
  valueAt(at: number): Buffer {
    return this.#known.value(at)
  }

  /** Records a path in the next index. */
  set(path: string, stat: IndexedStat, value: Uint8Array): void {
    this.#next.push(path, stat, value)
  }

  /** True when the entry at a position is just this one, so that writing it again would change nothing. */
  isUpToDate(at: number, stat: IndexedStat, value: Buffer): boolean {
    return this.matches(at, stat) && this.#known.value(at).equals(value)
  }

  /**
   * Writes the entries that were set, in one step: readers see the old index or the new one. Not made durable: what a power
   * cut leaves of it does not have the right hash.
   * @throws ZagiError NOT_WRITABLE, DISK_FULL, …
   */
  write(file: string): void {
    const temporary = temporaryBeside(file)
    try {
      writeFileSync(temporary, this.#next.sorted().encode(), { flag: 'wx' })
      renameSync(temporary, file)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw explainSystemError(error, 'write', file)
    }
  }
}

function readTable(path: string): StatTable {
  const file = openSync(path, 'r')
  try {
    const { mtimeNs, size } = fstatSync(file, { bigint: true })
    const bytes = new Uint8Array(Number(size))
    let done = 0
    while (done < bytes.length) {
      const read = readSync(file, bytes, done, bytes.length - done, null)
      if (read === 0) break
      done += read
    }
    const table = StatTable.decode(bytes.subarray(0, done))
    if (mtimeNs < table.believedBefore) table.believedBefore = mtimeNs
    return table
  } finally {
    closeSync(file)
  }
}
