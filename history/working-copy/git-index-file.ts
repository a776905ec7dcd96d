import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { StatIndex } from '../../store/index.ts'
import type { Context } from '../context.ts'
import { encodeGitIndex, type IndexEntry } from '../git/git-index.ts'
import { objectId } from '../git/git-object.ts'
import { writeLocked } from '../git/locked-file.ts'
import { type Leaf, leavesOf } from '../tree-diff.ts'
import { indexedStat, indexStat, statOf, unknownStat } from './file-stat.ts'
import { readSource } from './read-source.ts'
import { TrackedFiles } from './tracked-files.ts'

/** A file as Git's index is to hold it: `stat` where the file on disk is known to be this object. */
export interface IndexedFile extends Leaf {
  path: string
  stat: BigIntStats | undefined
}

/**
 * Writes `.git/index`, so that `git status` finds everything as it is without reading a file.
 * @param time seconds since 1970 at which the stats were taken, given to the index: Git looks again at what is newer
 */
export function writeGitIndex(context: Context, files: readonly IndexedFile[], time: number): void {
  const { own } = context.git
  const before = TrackedFiles.read(own)
  const entries = files.map(({ path, mode, id, stat }): IndexEntry => {
    const known = before.get(path)
    return {
      path,
      mode,
      id,
      ...(stat === undefined ? unknownStat : indexStat(stat)),
      stage: 0,
      assumeValid: known?.assumeValid ?? false,
      skipWorktree: known?.skipWorktree ?? false,
      intentToAdd: false,
    }
  })
  writeLocked({ gitFolder: own, path: join(own, 'index'), bytes: encodeGitIndex(entries), time })
}

/** Makes `.git/index` anew for a commit from what is on disk, where nothing is known of the files. */
export function rebuildGitIndex(context: Context, commit: string | undefined): void {
  const time = Date.now() / 1000
  const leaves = commit === undefined ? [] : leavesOf(context.objects, context.commits.get(commit).tree)
  const index = StatIndex.read(context.state.sourceIndex)
  const files = leaves.map((leaf) => ({ ...leaf, stat: statIfSame(context, leaf, index) }))
  writeGitIndex(context, files, time)
}

function statIfSame({ folder }: Context, leaf: Leaf & { path: string }, index: StatIndex): BigIntStats | undefined {
  const path = join(folder, leaf.path)
  const stat = statOf(path)
  if (stat === undefined || stat.isDirectory()) return undefined
  const known = index.get(leaf.path, indexedStat(stat))
  if (known !== undefined) return Buffer.from(known).toString('hex') === leaf.id ? stat : undefined
  const source = readSource(path)
  const same = source !== undefined && source.mode === leaf.mode && objectId('blob', source.bytes) === leaf.id
  return same ? source.stat : undefined
}
