import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { type IndexedStat, StatIndex } from '../../store/index.ts'
import type { Context } from '../context.ts'
import { GitIndexBuilder } from '../git/git-index-builder.ts'
import { objectId } from '../git/git-object.ts'
import { writeLocked } from '../git/locked-file.ts'
import { type Leaf, leavesOf } from '../tree-diff.ts'
import { gitStat, indexedStat, noGitStat, statOf } from './file-stat.ts'
import { readSource } from './read-source.ts'
import { TrackedFiles } from './tracked-files.ts'

/** A file as Git's index is to hold it. */
export interface IndexedFile {
  path: string
  mode: number
  /** 20 bytes. */
  id: Uint8Array
  /** What is known of the file on disk that is this object; undefined where nothing is. */
  known: IndexedStat | undefined
  /** As Git's index has the stat; asked for where the index before does not have it. */
  stat(): Buffer
}

export interface NewGitIndex {
  /** In the order of the index. */
  files: Iterable<IndexedFile>
  /** The index before: what is the same stays, and so do the user's marks on files. */
  tracked: TrackedFiles
  /** Seconds since 1970 at which the stats were taken, given to the index: Git looks again at what is newer. */
  time: number
}

/** Writes `.git/index`, so that `git status` finds everything as it is without reading a file. */
export function writeGitIndex({ git }: Context, { files, tracked, time }: NewGitIndex): void {
  const { index } = tracked
  const builder = new GitIndexBuilder()
  for (const file of files) {
    const position = index.find(file.path)
    if (position >= 0 && index.holds(position, file) && isSameTime(index.mtimeAt(position), file.known)) {
      if (builder.keep(index, position)) continue
    }
    const { path, mode, id } = file
    const { assumeValid = false, skipWorktree = false } = position < 0 ? {} : index.entryAt(position)
    builder.add({ path, mode, id, stat: file.stat(), stage: 0, assumeValid, skipWorktree, intentToAdd: false })
  }
  writeLocked({ gitFolder: git.own, path: join(git.own, 'index'), bytes: builder.finish(), time })
}

// Numbers are off by up to 256 at this size. No clock ticks as fast, and an entry that is kept wrongly only makes Git look.
function isSameTime(mtime: number, known: IndexedStat | undefined): boolean {
  return known === undefined || Math.abs(mtime - Number(known.mtimeNs)) <= 512
}

/** Makes `.git/index` anew for a commit from what is on disk, where nothing is known of the files. */
export function rebuildGitIndex(context: Context, commit: string | undefined): void {
  const time = Date.now() / 1000
  const leaves = commit === undefined ? [] : leavesOf(context.objects, context.commits.get(commit).tree)
  const index = StatIndex.read(context.state.sourceIndex)
  const files = leaves.map((leaf): IndexedFile => {
    const { path, mode, id } = leaf
    const stat = statIfSame(context, leaf, index)
    return {
      path,
      mode,
      id: Buffer.from(id, 'hex'),
      known: stat && indexedStat(stat),
      stat: () => (stat ? gitStat(stat) : noGitStat),
    }
  })
  writeGitIndex(context, { files, tracked: TrackedFiles.read(context.git.own), time })
}

function statIfSame({ folder }: Context, leaf: Leaf & { path: string }, index: StatIndex): BigIntStats | undefined {
  const path = `${folder}/${leaf.path}`
  const stat = statOf(path)
  if (stat === undefined || stat.isDirectory()) return undefined
  const known = index.get(leaf.path, indexedStat(stat))
  if (known !== undefined) return Buffer.from(known).toString('hex') === leaf.id ? stat : undefined
  const source = readSource(path)
  const same = source !== undefined && source.mode === leaf.mode && objectId('blob', source.bytes) === leaf.id
  return same ? source.stat : undefined
}
