import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureFolder, errnoOf, explainSystemError, fsyncFolder, writeFully, ZagiError } from '../../base/index.ts'
import { sleep } from '../sleep.ts'

/** How long another program may hold a lock of Git's before we give up, in milliseconds. */
const patience = 3000

export interface LockedWrite {
  /** The Git folder of this working copy: where the temporary file is. Only one process at a time may write through it. */
  gitFolder: string
  path: string
  bytes: Uint8Array | string
  /** Called while the lock is held: throws where the old content is not what was expected. */
  check?: (() => void) | undefined
  /** Time to give the file, in seconds. */
  time?: number | undefined
}

/**
 * Replaces a file as Git does, under `<path>.lock`. The lock is a hard link of `zagi.tmp`, complete and durable before it
 * appears, so that after a kill {@link removeOwnLocks} can tell our lock from another program's by its inode.
 * @throws ZagiError BUSY where the lock stays taken
 */
export function writeLocked(write: LockedWrite): void {
  const temporary = join(write.gitFolder, temporaryName)
  const lock = `${write.path}.lock`
  try {
    // Never opened for writing again: after a kill it may be a second name of a live ref.
    rmSync(temporary, { force: true })
    const file = openSync(temporary, 'wx', 0o666)
    try {
      writeFully(file, typeof write.bytes === 'string' ? Buffer.from(write.bytes) : write.bytes)
      if (write.time !== undefined) futimesSync(file, write.time, write.time)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    ensureFolder(dirname(write.path))
    takeLock(temporary, lock)
    try {
      write.check?.()
      removeEmptyFolders(write.path)
      renameSync(lock, write.path)
    } catch (error) {
      rmSync(lock, { force: true })
      throw error
    }
    rmSync(temporary)
    fsyncFolder(dirname(write.path))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw explainSystemError(error, 'write', write.path)
  }
}

/** Runs `action` while `<path>.lock` is held, and gives the lock back. */
export function whileLocked(gitFolder: string, path: string, action: () => void): void {
  const temporary = join(gitFolder, temporaryName)
  rmSync(temporary, { force: true })
  try {
    closeSync(openSync(temporary, 'wx'))
    takeLock(temporary, `${path}.lock`)
    try {
      action()
    } finally {
      rmSync(`${path}.lock`, { force: true })
    }
  } catch (error) {
    throw explainSystemError(error, 'lock', path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Removes locks that this working copy left behind when it was killed, in the Git folders given. */
export function removeOwnLocks(gitFolder: string, commonFolder: string): void {
  const temporary = join(gitFolder, temporaryName)
  const ours = lstatSync(temporary, { throwIfNoEntry: false })
  if (ours === undefined) return
  const remove = (folder: string, deep: boolean): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && deep) remove(path, true)
      else if (entry.name.endsWith('.lock') && lstatSync(path, { throwIfNoEntry: false })?.ino === ours.ino)
        rmSync(path)
    }
  }
  for (const folder of new Set([gitFolder, commonFolder])) remove(folder, false)
  const refs = join(commonFolder, 'refs')
  if (existsSync(refs)) remove(refs, true)
  rmSync(temporary, { force: true })
}

const temporaryName = 'zagi.tmp'

/** Gives a finished file a second name, which must be free; a copy where the file system has no hard links. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  }
}

function takeLock(temporary: string, lock: string): void {
  const start = performance.now()
  for (;;) {
    try {
      linkOrCopy(temporary, lock)
      return
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      if (performance.now() - start > patience) {
        throw new ZagiError('BUSY', `Another program holds the lock "${lock}"`, {
          hint: 'Wait for the other Git command; if none is running, remove the file',
          cause: error,
        })
      }
      sleep(20)
    }
  }
}

/** Clears a place for a file where Git left empty folders behind: refs/heads/a/ is in the way of the branch "a". */
export function removeEmptyFolders(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(path, entry.name))
  }
  rmdirSync(path)
}
