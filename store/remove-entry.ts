import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf, explainSystemError } from '../base/index.ts'
import { isReservedName } from './reserved-name.ts'
import { isTemporaryName } from './temporary-name.ts'

/** What to do about an entry that a restore has no use for. */
export interface Removal {
  /** The folder that is being restored. */
  root: string
  /** Entries that stay; '/'-separated, relative to the root. */
  keep?: ((path: string) => boolean) | undefined
}

/** An entry to be removed: its path for people, and the same path below the root as the system has it. */
export interface Doomed {
  path: string
  bytes: Buffer
}

/**
 * Removes a file, a link or a folder with all that is in it; links are not followed, read-only folders are opened.
 * What is to be kept stays, and the folders on the way to it. Names that are not UTF-8 are no obstacle.
 * @returns how many entries were removed
 * @throws ZagiError NOT_WRITABLE, …
 */
export function removeEntry({ path, bytes }: Doomed, removal: Removal): number {
  const counter = { removed: 0 }
  remove(Buffer.concat([Buffer.from(`${removal.root}/`), bytes]), path, removal, counter)
  return counter.removed
}

// Bytes for the system, text for `keep` and messages. Answers whether the entry is gone.
function remove(bytes: Buffer, path: string, removal: Removal, counter: { removed: number }): boolean {
  const [parent, name] = path.split('/').slice(-2) as [string, string?]
  if (isReservedName(name === undefined ? '' : parent, name ?? parent) || removal.keep?.(path)) return false
  try {
    const stat = lstatSync(bytes, { throwIfNoEntry: false })
    if (stat === undefined) return true
    if (stat.isDirectory()) {
      if ((stat.mode & 0o700) !== 0o700) chmodSync(bytes, (stat.mode & 0o7777) | 0o700)
      let isEmpty = true
      for (const entry of readdirSync(bytes, { encoding: 'buffer' })) {
        const below = Buffer.concat([bytes, Buffer.from('/'), entry])
        if (!remove(below, `${path}/${entry.toString()}`, removal, counter)) isEmpty = false
      }
      if (!isEmpty) return false
      rmdirSync(bytes)
    } else {
      unlinkSync(bytes)
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    throw explainSystemError(error, 'remove', bytes.toString())
  }
  if (!isTemporaryName(name ?? parent)) counter.removed++
  return true
}
