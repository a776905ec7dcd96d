import { ZagiError } from '../base/index.ts'

// No system call takes a longer path, so no folder can be deeper.
const longest = 4096
const deepest = longest / 2
/** Entries of one snapshot. A hostile tree of a few objects can name any number. */
const mostEntries = 20_000_000

/** Refuses folders that no file system could hold. @throws ZagiError TREE_CORRUPT */
export function checkDepth(path: string): void {
  if (path.length < deepest || (path.length <= longest && path.split('/').length <= deepest)) return
  throw new ZagiError('TREE_CORRUPT', `A tree has a folder that is too deep: "${path.slice(0, 60)}…"`)
}

/** @throws ZagiError TOO_LARGE */
export function checkCount(count: number): void {
  if (count > mostEntries) {
    throw new ZagiError('TOO_LARGE', `A snapshot with more than ${mostEntries} entries cannot be restored`)
  }
}
