import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { errnoOf } from '../base/index.ts'

/**
 * The time of every materialised entry, in seconds: as in the Nix store, so that what compares times (.pyc files, class data
 * archives, caches) finds what it was built with.
 */
export const toolTime = 1

/**
 * True if a materialised path is there and, as far as a few file tests show, untouched: the times of its folder and of what lies
 * directly in it would tell of entries that were removed, added or replaced in the first two levels. Every command that uses
 * tools asks this, so it does not look further.
 */
export function isUntouched(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (!hasToolTime(found)) return false
  if (!found?.isDirectory()) return true
  try {
    return readdirSync(folder).every((name) => hasToolTime(lstatSync(`${folder}/${name}`, { throwIfNoEntry: false })))
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return false
  }
}

function hasToolTime(found: Stats | undefined): boolean {
  return found?.mtimeMs === toolTime * 1000
}
