import { type BigIntStats, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfPresent } from '../../base/index.ts'
import { decodeGitIndex } from '../git/decode-git-index.ts'
import type { GitIndex, IndexEntry } from '../git/git-index.ts'
import { GitIndexBuilder } from '../git/git-index-builder.ts'
import { mode } from '../git/git-tree.ts'
import { hasStat, indexedStat, modeOf } from './file-stat.ts'

/** What Git tracks: the files of its index. They are recorded even where ignore rules match them. */
export class TrackedFiles {
  readonly index: GitIndex
  readonly #writtenNs: bigint

  /** @param writtenNs mtime of the index: what is not older may have changed again after it was compared */
  private constructor(index: GitIndex, writtenNs: bigint) {
    this.index = index
    this.#writtenNs = writtenNs
  }

  static read(gitFolder: string): TrackedFiles {
    const path = join(gitFolder, 'index')
    const bytes = readFileIfPresent(path)
    if (bytes === undefined) return new TrackedFiles(decodeGitIndex(new GitIndexBuilder().finish()), 0n)
    return new TrackedFiles(decodeGitIndex(bytes), statSync(path, { bigint: true }).mtimeNs)
  }

  has(path: string): boolean {
    return this.index.find(path) >= 0
  }

  get(path: string): IndexEntry | undefined {
    const position = this.index.find(path)
    return position < 0 ? undefined : this.index.entryAt(position)
  }

  isSubmodule(path: string): boolean {
    const position = this.index.find(path)
    return position >= 0 && this.index.modeAt(position) === mode.submodule
  }

  /** Whether there is a tracked file below the folder. */
  hasFolder(path: string): boolean {
    return this.index.hasFolder(path)
  }

  below(folder: string): IndexEntry[] {
    return this.index.below(folder).map((position) => this.index.entryAt(position))
  }

  /** Files that a sparse checkout leaves out of the working folder. */
  sparse(): IndexEntry[] {
    const entries: IndexEntry[] = []
    for (let position = 0; position < this.index.length; position++) {
      if (this.index.skipsWorktree(position)) entries.push(this.index.entryAt(position))
    }
    return entries
  }

  /** The object that Git found this file to be, where its stat says that it has not changed since. */
  known(path: string, stat: BigIntStats): Uint8Array | undefined {
    const entry = this.get(path)
    if (entry === undefined || entry.stage !== 0 || entry.intentToAdd || entry.assumeValid) return undefined
    const same = entry.mode === modeOf(stat) && hasStat(entry, indexedStat(stat)) && stat.mtimeNs < this.#writtenNs
    return same ? entry.id : undefined
  }
}
