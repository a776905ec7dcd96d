import { chmodSync, constants, copyFileSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { explainSystemError } from '../base/index.ts'
import { setPathTime } from './native-times.ts'
import { temporaryName } from './temporary-name.ts'

/**
 * Gives a file an inode of its own: same bytes, same time, writable by its owner. For a file that was edited in place
 * while others shared its inode. The time of its folder stays.
 * @throws ZagiError NOT_WRITABLE, DISK_FULL, …
 */
export function makePrivate(path: string): void {
  const folder = dirname(path)
  const temporary = join(folder, temporaryName())
  try {
    const folderTime = lstatSync(folder, { bigint: true }).mtimeNs
    const stat = lstatSync(path, { bigint: true })
    copyFileSync(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    chmodSync(temporary, (Number(stat.mode) & 0o7777) | 0o200)
    setPathTime(temporary, stat.mtimeNs)
    renameSync(temporary, path)
    setPathTime(folder, folderTime)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw explainSystemError(error, 'write', path)
  }
}
