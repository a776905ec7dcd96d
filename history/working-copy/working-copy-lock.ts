import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { errnoOf, explaining, explainSystemError, randomName, readFileIfPresent, ZagiError } from '../../base/index.ts'
import { linkOrCopy } from '../git/locked-file.ts'
import { sleep } from '../sleep.ts'

/** How long to wait for another command of ours in the same working copy, in milliseconds. */
const patience = 15_000
const pause = 20
/** After so long a half-finished take-over of a dead process's lock is itself taken over, in milliseconds. */
const takeOverLimit = 5000

/** Runs `action` while no other process works on this working copy. @throws ZagiError BUSY */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now()
  let token: string | undefined
  for (token = tryLock(path); token === undefined; token = tryLock(path)) {
    if (performance.now() - start > patience) throw busy(path)
    await setTimeout(pause)
  }
  try {
    return await action()
  } finally {
    unlock(path, token)
  }
}

/** As {@link withLock}, for what is done at once. */
export function withLockSync<T>(path: string, action: () => T): T {
  const start = performance.now()
  let token: string | undefined
  for (token = tryLock(path); token === undefined; token = tryLock(path)) {
    if (performance.now() - start > patience) throw busy(path)
    sleep(pause)
  }
  try {
    return action()
  } finally {
    unlock(path, token)
  }
}

/** Who holds a lock: enough to tell whether that process still lives. */
interface Holder {
  pid: number
  /** When the process started: a pid is used again. */
  started: string
  host: string
}

// The lock appears complete, as a link to a finished file, so that a reader never sees half of it.
function tryLock(path: string): string | undefined {
  const temporary = `${path}.${randomName()}`
  const holder: Holder = { pid: process.pid, started: startOf(process.pid) ?? '', host: hostname() }
  const token = `${JSON.stringify({ ...holder, token: randomName() })}\n`
  try {
    explaining('write', path, () => writeFileSync(temporary, token, { flag: 'wx' }))
    linkOrCopy(temporary, path)
    return token
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw explainSystemError(error, 'lock', path)
  } finally {
    rmSync(temporary, { force: true })
  }
  if (isAbandoned(path)) takeAway(path)
  return undefined
}

function unlock(path: string, token: string): void {
  if (readFileIfPresent(path)?.toString('utf8') === token) rmSync(path, { force: true })
}

function isAbandoned(path: string): boolean {
  const text = readFileIfPresent(path)?.toString('utf8')
  if (text === undefined) return false
  let holder: Partial<Holder>
  try {
    holder = JSON.parse(text)
  } catch {
    return true
  }
  // What runs on another machine that shares the folder cannot be asked.
  if (holder.host !== hostname() || typeof holder.pid !== 'number') return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
  const started = startOf(holder.pid)
  return started !== undefined && holder.started !== '' && started !== holder.started
}

// Only who holds the second lock may remove the first, and only if it is still the dead one's: nobody else can have
// replaced it meanwhile, because that takes removing it first.
function takeAway(path: string): void {
  const guard = `${path}.take-over`
  try {
    writeFileSync(guard, '', { flag: 'wx' })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw explainSystemError(error, 'lock', guard)
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > takeOverLimit) rmSync(guard, { force: true })
    return
  }
  try {
    if (isAbandoned(path)) rmSync(path, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

// Field 22 of /proc/PID/stat, in clock ticks since the machine started; undefined where there is no /proc.
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function busy(path: string): ZagiError {
  return new ZagiError('BUSY', 'Another zagi command is working on this project', {
    hint: `Run the command again when it is done; if none is running, remove "${path}"`,
  })
}
