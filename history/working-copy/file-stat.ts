import { type BigIntStats, lstatSync } from 'node:fs'
import type { IndexedStat } from '../../store/index.ts'
import type { IndexEntry } from '../git/git-index.ts'
import { mode } from '../git/git-tree.ts'

const typeMask = 0o170000n
const types = { file: 0o100000n, folder: 0o040000n, link: 0o120000n }

/** What a path is on disk, the path itself and never what a link points at; undefined where there is nothing. */
export function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

/** Git's mode of what is on disk; undefined for what Git has no mode for (FIFO, socket, device). */
export function modeOf(stat: BigIntStats): number | undefined {
  const type = stat.mode & typeMask
  if (type === types.file) return stat.mode & 0o100n ? mode.executable : mode.file
  if (type === types.link) return mode.link
  return type === types.folder ? mode.folder : undefined
}

/** The stat fields of an index entry: what Git compares to see whether a file changed. */
export type IndexStat = Omit<
  IndexEntry,
  'path' | 'mode' | 'id' | 'stage' | 'assumeValid' | 'skipWorktree' | 'intentToAdd'
>

const nanoseconds = 1_000_000_000n

export function indexStat(stat: BigIntStats): IndexStat {
  return {
    ctimeSeconds: low32(stat.ctimeNs / nanoseconds),
    ctimeNanoseconds: Number(stat.ctimeNs % nanoseconds),
    mtimeSeconds: low32(stat.mtimeNs / nanoseconds),
    mtimeNanoseconds: Number(stat.mtimeNs % nanoseconds),
    device: low32(stat.dev),
    inode: low32(stat.ino),
    uid: low32(stat.uid),
    gid: low32(stat.gid),
    size: low32(stat.size),
  }
}

/** Stat fields that match no file: Git compares the content then. */
export const unknownStat: IndexStat = {
  ctimeSeconds: 0,
  ctimeNanoseconds: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  device: 0,
  inode: 0,
  uid: 0,
  gid: 0,
  size: 0,
}

/** Whether an index entry was made of a file with this stat. */
export function hasStat(entry: IndexEntry, stat: BigIntStats): boolean {
  return (
    entry.size === low32(stat.size) &&
    entry.inode === low32(stat.ino) &&
    entry.mtimeSeconds === low32(stat.mtimeNs / nanoseconds) &&
    entry.mtimeNanoseconds === Number(stat.mtimeNs % nanoseconds)
  )
}

// Numbers, not BigInt.asUintN: four times as fast, and exact up to 2^53.
function low32(value: bigint): number {
  return Number(value) % 0x1_0000_0000
}

/** The part of a stat that the stat index compares. */
export function indexedStat(stat: BigIntStats): IndexedStat {
  return { size: Number(stat.size), mtimeNs: stat.mtimeNs, inode: stat.ino, mode: Number(stat.mode) }
}
