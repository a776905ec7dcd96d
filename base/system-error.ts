import { errnoOf, isZagiError, ZagiError } from './error.ts'
import type { ErrorCode } from './error-codes.ts'

const meanings: Record<string, { code: ErrorCode; why: string; hint: string }> = {
  ENOSPC: { code: 'DISK_FULL', why: 'the disk is full', hint: 'Free some space and run the command again' },
  EDQUOT: { code: 'DISK_FULL', why: 'the disk quota is used up', hint: 'Free some space and run the command again' },
  EROFS: { code: 'NOT_WRITABLE', why: 'the file system is read-only', hint: 'Use a folder that you can write to' },
  EACCES: {
    code: 'NOT_WRITABLE',
    why: 'permission denied',
    hint: 'Check owner and mode of it, and of the folders above',
  },
  EPERM: {
    code: 'NOT_WRITABLE',
    why: 'operation not permitted',
    hint: 'Check owner and mode of it, and of the folders above',
  },
  ENOENT: { code: 'FILE_NOT_FOUND', why: 'no such file or folder', hint: 'Check the path' },
  ENOTDIR: { code: 'FILE_NOT_FOUND', why: 'a part of the path is not a folder', hint: 'Check the path' },
  EISDIR: { code: 'SYSTEM', why: 'it is a folder', hint: 'Move the folder away and run the command again' },
  ELOOP: { code: 'SYSTEM', why: 'its links lead in a circle', hint: 'Check the links on the way to it' },
  ENAMETOOLONG: {
    code: 'SYSTEM',
    why: 'the name or the whole path is longer than the file system allows',
    hint: 'Use a folder with a shorter path, or shorten the name where it comes from',
  },
  EIO: { code: 'SYSTEM', why: 'the disk answered with an error', hint: 'Check the disk; the system log says more' },
  EMFILE: { code: 'SYSTEM', why: 'too many open files', hint: 'Raise the limit with: ulimit -n 4096' },
}

// A path that is too long for the system is too long for a reader too.
const longestShown = 1000

/**
 * Turns a system error into a ZagiError that says what was tried and on what; anything else is returned as it is.
 * @param doing what was tried, as a verb phrase: "write", "read the folder"
 */
export function explainSystemError(error: unknown, doing: string, path: string): unknown {
  const errno = errnoOf(error)
  if (isZagiError(error) || errno === undefined) return error
  const known = meanings[errno]
  const reading = known?.code === 'NOT_WRITABLE' && /^(read|open|list|look)/.test(doing)
  const code = reading ? 'NOT_READABLE' : (known?.code ?? 'SYSTEM')
  const shown = path.length > longestShown ? `${path.slice(0, longestShown)}…` : path
  const message = `Could not ${doing} "${shown}": ${known?.why ?? (error as Error).message}`
  return new ZagiError(code, message, { cause: error, ...(known ? { hint: known.hint } : {}) })
}

/** Runs `action` and explains any system error it throws, see {@link explainSystemError}. */
export function explaining<T>(doing: string, path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw explainSystemError(error, doing, path)
  }
}
