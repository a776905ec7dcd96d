import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { ensureFolder, isZagiError, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import { changeIdBytes, toReverseHex } from './change-id.ts'
import type { Context } from './context.ts'

const magic = 'ZCI1'
const entryLength = 36
const changeLength = 16
/** Up to so many new commits are looked up again each time before the file is written anew. */
const unwrittenLimit = 64

/** A commit under its change id. */
export interface IndexedChange {
  changeId: string
  commit: string
}

/**
 * Finds changes by their ids: a sorted table of change id (16 bytes) and commit (20 bytes), for every commit that a ref
 * reaches or once reached. A cache: it grows by the commits that are new, and is made again where it is lost or damaged.
 */
export class ChangeIndex {
  readonly #table: Buffer

  /** The index, up to date with these commits and all that they reach. */
  static open(context: Context, tips: readonly string[]): ChangeIndex {
    const index = new ChangeIndex(readTable(context.state.changes))
    const fresh = index.#unknown(context, tips)
    if (fresh.length === 0) return index
    const grown = new ChangeIndex(merge(index.#table, fresh))
    if (fresh.length > unwrittenLimit) writeTable(context.state.changes, grown.#table)
    return grown
  }

  private constructor(table: Buffer) {
    this.#table = table
  }

  /** Letters of a change id that no other change has, nor one of `others`. */
  prefixLength(changeId: string, others: readonly string[]): number {
    const at = this.#lowerBound(changeIdBytes(changeId))
    let length = 1
    const distinguish = (other: string | undefined) => {
      if (other !== undefined && other !== changeId) length = Math.max(length, commonLength(changeId, other) + 1)
    }
    let after = at
    while (this.#changeAt(after) === changeId) after++
    distinguish(this.#changeAt(at - 1))
    distinguish(this.#changeAt(after))
    for (const other of others) distinguish(other)
    return length
  }

  /** The commits of changes whose id starts with these letters. */
  withPrefix(prefix: string): IndexedChange[] {
    const found: IndexedChange[] = []
    for (let at = this.#lowerBound(changeIdBytes(prefix.padEnd(32, 'z'))); ; at++) {
      const changeId = this.#changeAt(at)
      if (!changeId?.startsWith(prefix)) return found
      const start = at * entryLength + changeLength
      found.push({ changeId, commit: this.#table.toString('hex', start, start + 20) })
    }
  }

  #unknown({ commits }: Context, tips: readonly string[]): Buffer[] {
    const fresh: Buffer[] = []
    const seen = new Set(tips)
    for (const id of seen) {
      const entry = Buffer.concat([changeIdBytes(commits.changeId(id)), Buffer.from(id, 'hex')])
      if (this.#has(entry)) continue
      fresh.push(entry)
      for (const parent of commits.parents(id)) seen.add(parent)
    }
    return fresh
  }

  #has(entry: Buffer): boolean {
    const at = this.#lowerBound(entry) * entryLength
    return at < this.#table.length && entry.compare(this.#table, at, at + entryLength) === 0
  }

  // First entry that is not below the key: a whole entry, or a change id alone.
  #lowerBound(key: Buffer): number {
    let low = 0
    let high = this.#table.length / entryLength
    while (low < high) {
      const middle = (low + high) >>> 1
      const start = middle * entryLength
      if (this.#table.compare(key, 0, key.length, start, start + key.length) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #changeAt(at: number): string | undefined {
    const start = at * entryLength
    if (start < 0 || start >= this.#table.length) return undefined
    return toReverseHex(this.#table.subarray(start, start + changeLength))
  }
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

function merge(table: Buffer, fresh: Buffer[]): Buffer {
  fresh.sort(Buffer.compare)
  const merged = Buffer.allocUnsafe(table.length + fresh.length * entryLength)
  let from = 0
  let to = 0
  for (const entry of fresh) {
    const start = from
    while (from < table.length && table.compare(entry, 0, entryLength, from, from + entryLength) < 0)
      from += entryLength
    to += table.copy(merged, to, start, from)
    to += entry.copy(merged, to)
  }
  table.copy(merged, to, from)
  return merged
}

// Whatever is wrong with the file, it is made again.
function readTable(path: string): Buffer {
  const file = readFileIfPresent(path)
  const empty = Buffer.alloc(0)
  if (file === undefined || file.length < magic.length + 32) return empty
  const end = file.length - 32
  const table = file.subarray(magic.length, end)
  if (file.toString('latin1', 0, magic.length) !== magic || table.length % entryLength !== 0) return empty
  return checksum(file.subarray(0, end)).equals(file.subarray(end)) ? table : empty
}

// Without a place to write to, the next reader does the same work again.
function writeTable(path: string, table: Buffer): void {
  const head = Buffer.concat([Buffer.from(magic, 'latin1'), table])
  try {
    ensureFolder(dirname(path))
    writeFileAtomic(path, Buffer.concat([head, checksum(head)]))
  } catch (error) {
    if (!isZagiError(error)) throw error
  }
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
