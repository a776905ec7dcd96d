import { type BigIntStats, closeSync, constants, fchmodSync, lstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { explaining, isZagiError } from '../base/index.ts'
import { type EntryTable, flagScaffold, kindTree } from './entry-table.ts'
import { encodeKnown } from './known-entry.ts'
import { setDescriptorTime } from './native-times.ts'
import type { Restoring } from './restore-steps.ts'
import type { IndexedStat, StatIndex } from './stat-index.ts'

/**
 * Gives folders their modes and times, the deepest first: nothing changes in them any more. Those that are only a way
 * down are left alone.
 */
export function finishFolders({ plan, state, root }: Restoring): void {
  for (let at = plan.count - 1; at >= 0; at--) {
    if (plan.kinds[at] !== kindTree) continue
    const path = at === 0 ? root : `${root}/${plan.paths[at]!}`
    explaining('set the time of', path, () => {
      const stat = lstatSync(path, { bigint: true })
      plan.inodes[at] = stat.ino
      if (plan.has(at, flagScaffold)) plan.mtimes[at] = stat.mtimeNs
      else setFolder(plan, at, path, stat)
      state.diskModes[at] = at === 0 || plan.has(at, flagScaffold) ? Number(stat.mode) & 0o7777 : plan.modes[at]!
    })
  }
}

function setFolder(plan: EntryTable, at: number, path: string, stat: BigIntStats): void {
  // The mode of the root itself is not part of a snapshot.
  const mode = at === 0 ? Number(stat.mode) & 0o7777 : plan.modes[at]!
  const time = plan.mtimes[at]!
  if ((Number(stat.mode) & 0o7777) === mode && stat.mtimeNs === time) return
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    setDescriptorTime(folder, time)
    fchmodSync(folder, mode)
  } finally {
    closeSync(folder)
  }
}

/** Notes what was restored, so that the next snapshot need not read it. */
export function saveRestored(restoring: Restoring, index: StatIndex, file: string): void {
  const { plan } = restoring
  if (isUpToDate(restoring, index)) return
  for (let at = 0; at < plan.count; at++) {
    index.set(plan.paths[at]!, statOf(restoring, at), encodeKnown(plan, at))
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    index.write(file)
  } catch (error) {
    // A cache: without it everything is read again.
    if (!isZagiError(error, 'NOT_WRITABLE')) throw error
  }
}

function isUpToDate(restoring: Restoring, index: StatIndex): boolean {
  const { plan } = restoring
  if (index.size !== plan.count) return false
  for (let at = 0; at < plan.count; at++) {
    const position = index.find(plan.paths[at]!)
    if (position !== at || !index.isUpToDate(at, statOf(restoring, at), encodeKnown(plan, at))) return false
  }
  return true
}

function statOf({ plan, state }: Restoring, at: number): IndexedStat {
  const mode = plan.targets.has(at) ? 0o777 : state.diskModes[at]!
  return { size: plan.sizes[at]!, mtimeNs: plan.mtimes[at]!, inode: plan.inodes[at]!, mode }
}
