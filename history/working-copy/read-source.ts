import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { errnoOf, explainSystemError, ZagiError } from '../../base/index.ts'
import { checkObjectSize } from '../git/git-object.ts'
import { mode } from '../git/git-tree.ts'
import { modeOf, statOf } from './file-stat.ts'

/** The content of a file, or the target of a link, with the stat that belongs to it. */
export interface Source {
  bytes: Buffer
  mode: number
  stat: BigIntStats
}

const attempts = 3

/**
 * Reads a source file whole, making sure that it did not change meanwhile; never through a link.
 * Answers undefined where it is gone.
 * @throws ZagiError FILE_CHANGED where it changes each time, TOO_LARGE, NOT_READABLE
 */
export function readSource(path: string): Source | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = statOf(path)
    const kind = before === undefined ? undefined : modeOf(before)
    if (before === undefined || kind === undefined || kind === mode.folder) return undefined
    const bytes = kind === mode.link ? readTarget(path) : readContent(path, before)
    const after = statOf(path)
    if (bytes !== undefined && after !== undefined && isSame(before, after)) return { bytes, mode: kind, stat: after }
  }
  throw new ZagiError('FILE_CHANGED', `The file "${path}" changed while it was being read`, {
    hint: 'Wait until the program that writes it is done, and run the command again',
  })
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.mtimeNs === b.mtimeNs && a.size === b.size && a.ino === b.ino && a.mode === b.mode && a.ctimeNs === b.ctimeNs
}

function readTarget(path: string): Buffer | undefined {
  try {
    return readlinkSync(path, { encoding: 'buffer' })
  } catch (error) {
    return goneOrThrow(error, path)
  }
}

// What was a file a moment ago may be a link or a FIFO now: the flags refuse the one and do not wait for the other.
function readContent(path: string, stat: BigIntStats): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return goneOrThrow(error, path)
  }
  try {
    const size = Number(stat.size)
    checkObjectSize(size, `The file "${path}"`)
    if (!fstatSync(file).isFile()) return undefined
    const bytes = Buffer.allocUnsafe(size + 1)
    let done = 0
    while (done <= size) {
      const got = readSync(file, bytes, done, size + 1 - done, done)
      if (got === 0) break
      done += got
    }
    // One byte more than expected shows that the file grew.
    return done === size ? bytes.subarray(0, size) : undefined
  } catch (error) {
    throw explainSystemError(error, 'read', path)
  } finally {
    closeSync(file)
  }
}

function goneOrThrow(error: unknown, path: string): undefined {
  const errno = errnoOf(error)
  if (errno === 'ENOENT' || errno === 'ELOOP' || errno === 'EINVAL' || errno === 'ENXIO') return undefined
  throw explainSystemError(error, 'read', path)
}
