import { join } from 'node:path'
import { StatIndex } from '../../store/index.ts'
import type { Context } from '../context.ts'
import { encodeGitIndex } from '../git/git-index-format.ts'
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
  /** Of the file on disk, where that is known to be this object; see `gitStat`. */
  stat: Buffer
}

export interface NewGitIndex {
  /** In the order of the index. */
  files: readonly IndexedFile[]
  /** The index before: the user's marks on files stay. */
  tracked: TrackedFiles
  /** Seconds since 1970 at which the stats were taken, given to the index: Git looks again at what is newer. */
  time: number
}

/** Writes `.git/index`, so that `git status` finds everything as it is without reading a file. */
export function writeGitIndex({ git }: Context, { files, tracked, time }: NewGitIndex): void {
  const entries = files.map((file) => {
    const { assumeValid = false, skipWorktree = false } = tracked.get(file.path) ?? {}
    return { ...file, stage: 0, assumeValid, skipWorktree, intentToAdd: false }
  })
  writeLocked({ gitFolder: git.own, path: join(git.own, 'index'), bytes: encodeGitIndex(entries), time })
}

/** Makes `.git/index` anew for a commit from what is on disk, where nothing is known of the files. */
export function rebuildGitIndex(context: Context, commit: string | undefined): void {
  const time = Date.now() / 1000
  const leaves = commit === undefined ? [] : leavesOf(context.objects, context.commits.get(commit).tree)
  const index = StatIndex.read(context.state.sourceIndex)
  const files = leaves.map((leaf) => ({
    path: leaf.path,
    mode: leaf.mode,
    id: Buffer.from(leaf.id, 'hex'),
    stat: statIfSame(context, leaf, index),
  }))
  writeGitIndex(context, { files, tracked: TrackedFiles.read(context.git.own), time })
}

function statIfSame({ folder }: Context, leaf: Leaf & { path: string }, index: StatIndex): Buffer {
  const path = `${folder}/${leaf.path}`
  const stat = statOf(path)
  if (stat === undefined || stat.isDirectory()) return noGitStat
  const known = index.get(leaf.path, indexedStat(stat))
  if (known !== undefined) return Buffer.from(known).toString('hex') === leaf.id ? gitStat(stat) : noGitStat
  const source = readSource(path)
  const same = source !== undefined && source.mode === leaf.mode && objectId('blob', source.bytes) === leaf.id
  return same ? gitStat(source.stat) : noGitStat
}
