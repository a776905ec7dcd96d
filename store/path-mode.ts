import { closeSync, constants, fchmodSync, openSync } from 'node:fs'

/** Sets the permission bits of a file or folder, never through a link. @throws a system error */
export function setMode(path: string, mode: number): void {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    fchmodSync(file, mode)
  } finally {
    closeSync(file)
  }
}
