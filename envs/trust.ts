import type { ZagiHome } from '../base/index.ts'

/** Lets this project activate for this user. Trust follows the project when it is moved. */
export function trustProject(_home: ZagiHome, _project: string): void {
  throw new Error('Bug: not written yet')
}

/** True if this user trusted this project, and `.zagi` is a folder that belongs to this user. */
export function isTrusted(_home: ZagiHome, _project: string): boolean {
  throw new Error('Bug: not written yet')
}

/** Takes trust back. */
export function untrustProject(_home: ZagiHome, _project: string): void {
  throw new Error('Bug: not written yet')
}
