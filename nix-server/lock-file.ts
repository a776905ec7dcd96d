import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { errnoOf, explainSystemError, ZagiError } from '../base/index.ts'

const attempts = 100
const pauseMs = 20
// Whoever holds the lock works for milliseconds: one this old was left by a killed process.
const staleMs = 10_000

/** Runs a short synchronous `action` while no other process runs one for the same file. @throws ZagiError BUSY */
export function holdingLock<T>(file: string, action: () => T): T {
  const lock = `${file}.lock`
  for (let attempt = 0; !tryLock(lock); attempt++) {
    if (attempt === attempts) {
      throw new ZagiError('BUSY', `Another process holds "${lock}"`, { hint: 'Try again in a moment' })
    }
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > staleMs) rmSync(lock, { force: true })
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
  }
  try {
    return action()
  } finally {
    rmSync(lock, { force: true })
  }
}

function tryLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw explainSystemError(error, 'write', lock)
  }
}
