import { type BigIntStats, lstatSync } from 'node:fs'
import { errnoOf, explainSystemError } from '../../base/index.ts'
import type { IndexedStat } from '../../store/index.ts'
import { type IndexEntry, statFields } from '../git/git-index.ts'
import { mode } from '../git/git-tree.ts'

const typeMask = 0o170000n
const types = { file: 0o100000n, folder: 0o040000n, link: 0o120000n }

/** What a path is on disk, the path itself and never what a link points at; undefined where there is nothing. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    // A file is in the way where the path has a folder, or a link that leads nowhere.
    const errno = errnoOf(error)
    if (errno === 'ENOTDIR' || errno === 'ELOOP') return undefined
    throw explainSystemError(error, 'look at', path)
  }
}

/** Git's mode of what is on disk; undefined for what Git has no mode for (FIFO, socket, device). */
export function modeOf(stat: BigIntStats): number | undefined {
  const type = stat.mode & typeMask
  if (type === types.file) return stat.mode & 0o100n ? mode.executable : mode.file
  if (type === types.link) return mode.link
  return type === types.folder ? mode.folder : undefined
}

const nanoseconds = 1_000_000_000n

/** The stat of a file as an entry of Git's index has it. */
export function gitStat(stat: BigIntStats): Buffer {
  const bytes = Buffer.alloc(statFields.length)
  const put = (at: number, value: bigint) => bytes.writeUInt32BE(low32(value), at)
  put(statFields.ctimeSeconds, stat.ctimeNs / nanoseconds)
  put(statFields.ctimeNanoseconds, stat.ctimeNs % nanoseconds)
  put(statFields.mtimeSeconds, stat.mtimeNs / nanoseconds)
  put(statFields.mtimeNanoseconds, stat.mtimeNs % nanoseconds)
  put(statFields.device, stat.dev)
  put(statFields.inode, stat.ino)
  put(statFields.uid, stat.uid)
  put(statFields.gid, stat.gid)
  put(statFields.size, stat.size)
  return bytes
}

/** A stat that no file has: Git compares the content then. */
export const noGitStat = Buffer.alloc(statFields.length)

/** Whether an entry of Git's index was made of a file with this stat. */
export function hasStat(entry: IndexEntry, stat: IndexedStat): boolean {
  const field = (at: number) => entry.stat.readUInt32BE(at)
  return (
    field(statFields.size) === stat.size % 0x1_0000_0000 &&
    field(statFields.inode) === low32(stat.inode) &&
    field(statFields.mtimeSeconds) === low32(stat.mtimeNs / nanoseconds) &&
    field(statFields.mtimeNanoseconds) === Number(stat.mtimeNs % nanoseconds)
  )
}

// Exact up to 2^53, and four times as fast as BigInt.asUintN.
function low32(value: bigint): number {
  return ((Number(value) % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000
}

/** The part of a stat that the stat index compares. */
export function indexedStat(stat: BigIntStats): IndexedStat {
  return { size: Number(stat.size), mtimeNs: stat.mtimeNs, inode: stat.ino, mode: Number(stat.mode) }
}
