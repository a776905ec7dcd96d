import { randomBytes } from 'node:crypto'

/** A short random file name part: 12 hex digits. */
export function randomName(): string {
  return randomBytes(6).toString('hex')
}
