import { chmodSync } from 'node:fs'
import { explaining } from '../base/index.ts'
import {
  type EntryTable,
  flagChunked,
  flagLinked,
  flagOwn,
  flagRewritten,
  flagSettled,
  flagShared,
  kindFile,
} from './entry-table.ts'
import type { FileWork } from './file-work.ts'
import { isKnownFile, knownFlags, knownIdOffset } from './known-entry.ts'
import { isLinkable, LinkCache, sharedMode } from './link-cache.ts'
import { makePrivate } from './private-copy.ts'
import { lstatIfPresent } from './scan.ts'
import type { StatIndex } from './stat-index.ts'
import type { LocalStore } from './store.ts'
import type { SnapshotOptions } from './types.ts'
import type { ChunkUse } from './worker-data.ts'

/** Files of more bytes are not searched for paths. */
const longestRewritten = 16 * 1024 * 1024

/** Decides for each entry that a scan finds what is to be done: nothing, because the stat index knows it, or read it. */
export class FileIntake {
  /** Files whose content is to be rewritten. */
  readonly rewritten: number[] = []
  /** Files that the stat index knew. */
  unchanged = 0
  readonly #store: LocalStore
  readonly #folder: string
  readonly #options: SnapshotOptions
  readonly #table: EntryTable
  readonly #index: StatIndex
  readonly #work: FileWork
  readonly #cache: LinkCache
  readonly #mustStore: boolean

  constructor(context: {
    store: LocalStore
    folder: string
    options: SnapshotOptions
    table: EntryTable
    index: StatIndex
    work: FileWork
    chunks: ChunkUse
  }) {
    this.#store = context.store
    this.#folder = context.folder
    this.#options = context.options
    this.#table = context.table
    this.#index = context.index
    this.#work = context.work
    this.#cache = new LinkCache(context.store.folder, context.store.link)
    this.#mustStore = context.chunks === 'store'
  }

  take(at: number): void {
    const table = this.#table
    const path = table.paths[at]!
    table.known[at] = this.#index.find(path)
    if (table.kinds[at] !== kindFile) return
    const keeping = this.#options.classify?.(path, false) ?? 'private'
    if (keeping === 'rewrite' && this.#options.rewrite !== undefined && table.sizes[at]! <= longestRewritten) {
      this.rewritten.push(at)
      return
    }
    const isShared = keeping === 'shared' && isLinkable(table.modes[at]!, table.sizes[at]!, table.mtimes[at]!)
    if (isShared) table.flags[at]! |= flagShared
    if (table.known[at]! >= 0 && this.#isKnown(at)) this.unchanged++
    else this.#work.add(at, this.#wantsAdoption(at))
  }

  #wantsAdoption(at: number): boolean {
    const wanted = flagShared | flagOwn
    const flags = this.#table.flags[at]! & (wanted | flagLinked | flagSettled)
    return this.#options.adopt === true && flags === wanted
  }

  /** Takes over what the stat index has of a file. @returns false if the file must be read */
  #isKnown(at: number): boolean {
    const table = this.#table
    const position = table.known[at]!
    const value = this.#index.valueAt(position)
    const recorded = this.#index.statAt(position)
    if (!isKnownFile(value) || recorded.inode !== table.inodes[at]) return false
    const size = table.sizes[at]!
    const mtimeNs = table.mtimes[at]!
    let flags = knownFlags(value)
    const isLinked = (flags & flagLinked) !== 0 && table.links[at]! > 1
    if (!isLinked) flags &= ~flagLinked
    if (isLinked && (recorded.size !== size || recorded.mtimeNs !== mtimeNs)) {
      this.#keepEdit(at, { id: value.toString('hex', knownIdOffset, knownIdOffset + 32), ...recorded })
      return false
    }
    // Edited in place once, it stays private: nobody wants a file made read-only again that they are working on.
    if ((flags & (flagSettled | flagShared)) === flagSettled) this.#markEdited(at)
    if ((flags & flagRewritten) !== 0) return false
    if (!this.#index.sameContent(position, { size, mtimeNs, inode: recorded.inode })) return false
    if (this.#mustStore && !this.#store.index.has(value, knownIdOffset)) return false
    table.flags[at]! |= flags & (flagLinked | flagSettled)
    if (this.#wantsAdoption(at)) return false
    table.flags[at]! |= flags & flagChunked
    table.setId(at, value, knownIdOffset)
    table.storedSizes[at] = size
    if (isLinked && this.#mustStore) this.#clearWriteBits(at)
    return true
  }

  /** An edit went through to an inode that others share: it stays here, as a private copy, and the cache forgets it. */
  #keepEdit(at: number, before: { id: string; size: number; mtimeNs: bigint; inode: bigint; mode: number }): void {
    const path = this.#path(at)
    this.#cache.drop({ ...before, mode: sharedMode(before.mode) }, before.inode)
    try {
      makePrivate(path)
    } catch (error) {
      // Looking at a folder must also work where nothing can be written.
      if (this.#mustStore) throw error
      return
    }
    const stat = lstatIfPresent(path)
    if (stat === undefined) return
    this.#table.inodes[at] = stat.ino
    this.#table.modes[at] = Number(stat.mode) & 0o7777
    this.#markEdited(at)
  }

  #markEdited(at: number): void {
    this.#table.flags[at] = (this.#table.flags[at]! & ~flagShared) | flagSettled
  }

  // Programs that change modes (npm's bin links, `chmod -R u+w`) reach through links; write bits are not content.
  #clearWriteBits(at: number): void {
    const mode = this.#table.modes[at]!
    if ((mode & 0o222) === 0) return
    const path = this.#path(at)
    explaining('write', path, () => chmodSync(path, mode & ~0o222))
    this.#table.modes[at] = mode & ~0o222
  }

  #path(at: number): string {
    return `${this.#folder}/${this.#table.paths[at]!}`
  }
}
