import { type BigIntStats, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfPresent } from '../../base/index.ts'
import { decodeGitIndex, GitIndex, type IndexEntry } from '../git/git-index.ts'
import { mode } from '../git/git-tree.ts'
import { hasStat, indexedStat, modeOf } from './file-stat.ts'

/** What Git tracks: the files of its index. They are recorded even where ignore rules match them. */
export class TrackedFiles {
  readonly #index: GitIndex
  readonly #positions = new Map<string, number>()
  readonly #folders = new Set<string>()
  readonly #writtenNs: bigint

  /** @param writtenNs mtime of the index: what is not older may have changed again after it was compared */
  private constructor(index: GitIndex, writtenNs: bigint) {
    this.#index = index
    this.#writtenNs = writtenNs
    let last = ''
    for (const [position, path] of index.paths.entries()) {
      this.#positions.set(path, position)
      let end = path.lastIndexOf('/')
      // Neighbours mostly are in one folder.
      if (end < 0 || (end === last.length && path.startsWith(last))) continue
      last = path.slice(0, end)
      for (let folder = last; !this.#folders.has(folder); folder = path.slice(0, end)) {
        this.#folders.add(folder)
        end = folder.lastIndexOf('/')
        if (end < 0) break
      }
    }
  }

  static read(gitFolder: string): TrackedFiles {
    const path = join(gitFolder, 'index')
    const bytes = readFileIfPresent(path)
    if (bytes === undefined) return new TrackedFiles(new GitIndex(Buffer.alloc(0), [], new Uint32Array(0)), 0n)
    return new TrackedFiles(decodeGitIndex(bytes), statSync(path, { bigint: true }).mtimeNs)
  }

  has(path: string): boolean {
    return this.#positions.has(path)
  }

  get(path: string): IndexEntry | undefined {
    const position = this.#positions.get(path)
    return position === undefined ? undefined : this.#index.entryAt(position)
  }

  isSubmodule(path: string): boolean {
    const position = this.#positions.get(path)
    return position !== undefined && this.#index.modeAt(position) === mode.submodule
  }

  /** Whether there is a tracked file below the folder. */
  hasFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  /** Files that a sparse checkout leaves out of the working folder. */
  sparse(): IndexEntry[] {
    return this.#select((position) => this.#index.skipsWorktree(position))
  }

  below(folder: string): IndexEntry[] {
    return this.#select((position) => this.#index.paths[position]!.startsWith(`${folder}/`))
  }

  /** The object that Git found this file to be, where its stat says that it has not changed since. */
  known(path: string, stat: BigIntStats): Uint8Array | undefined {
    const entry = this.get(path)
    if (entry === undefined || entry.stage !== 0 || entry.intentToAdd || entry.assumeValid) return undefined
    const same = entry.mode === modeOf(stat) && hasStat(entry, indexedStat(stat)) && stat.mtimeNs < this.#writtenNs
    return same ? entry.id : undefined
  }

  #select(wanted: (position: number) => boolean): IndexEntry[] {
    const entries: IndexEntry[] = []
    for (let position = 0; position < this.#index.paths.length; position++) {
      if (wanted(position)) entries.push(this.#index.entryAt(position))
    }
    return entries
  }
}
