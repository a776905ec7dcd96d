import { type BigIntStats, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfPresent } from '../../base/index.ts'
import { decodeGitIndex, type IndexEntry } from '../git/git-index.ts'
import { hasStat, modeOf } from './file-stat.ts'

/** What Git tracks: the files of its index. They are recorded even where ignore rules match them. */
export class TrackedFiles {
  readonly entries: readonly IndexEntry[]
  readonly #byPath = new Map<string, IndexEntry>()
  readonly #folders = new Set<string>()
  readonly #writtenNs: bigint

  /** @param writtenNs mtime of the index: what is not older may have changed again after it was compared */
  constructor(entries: readonly IndexEntry[], writtenNs: bigint) {
    this.entries = entries
    this.#writtenNs = writtenNs
    for (const entry of entries) {
      this.#byPath.set(entry.path, entry)
      for (let end = entry.path.lastIndexOf('/'); end > 0; end = entry.path.lastIndexOf('/', end - 1)) {
        const folder = entry.path.slice(0, end)
        if (this.#folders.has(folder)) break
        this.#folders.add(folder)
      }
    }
  }

  static read(gitFolder: string): TrackedFiles {
    const path = join(gitFolder, 'index')
    const bytes = readFileIfPresent(path)
    if (bytes === undefined) return new TrackedFiles([], 0n)
    return new TrackedFiles(decodeGitIndex(bytes), statSync(path, { bigint: true }).mtimeNs)
  }

  get(path: string): IndexEntry | undefined {
    return this.#byPath.get(path)
  }

  /** Whether there is a tracked file below the folder. */
  hasFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  below(folder: string): IndexEntry[] {
    return this.entries.filter((entry) => entry.path.startsWith(`${folder}/`))
  }

  /** The object that Git found this file to be, where its stat says that it has not changed since. */
  known(entry: IndexEntry, stat: BigIntStats): string | undefined {
    const settled = entry.stage === 0 && !entry.intentToAdd && !entry.assumeValid
    const same = settled && entry.mode === modeOf(stat) && hasStat(entry, stat) && stat.mtimeNs < this.#writtenNs
    return same ? entry.id : undefined
  }
}
