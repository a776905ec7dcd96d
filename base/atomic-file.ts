import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crashPoint } from './crash-point.ts'
import { errnoOf } from './error.ts'
import { randomName } from './random.ts'
import { explainSystemError } from './system-error.ts'

export interface AtomicOptions {
  /** Permission bits of the new file; default 0o666 less the umask. */
  mode?: number
  /** Fail with EEXIST, as a system error, where the file exists already; default: replace it. */
  exclusive?: boolean
}

const temporaryPrefix = '.tmp-'

/** A fresh temporary path beside `path`: the same folder, so that a rename is atomic. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `${temporaryPrefix}${basename(path).slice(0, 40)}-${randomName()}`)
}

/**
 * Writes a whole file so that readers see the old bytes or the new ones, also after a power cut.
 * Order: temporary file, fsync, rename (or link, where exclusive), fsync of the folder.
 * A kill leaves at most a `.tmp-` file, which {@link removeStaleTemporaries} takes away.
 * @throws ZagiError DISK_FULL, NOT_WRITABLE, …
 */
export function writeFileAtomic(path: string, bytes: Uint8Array | string, options: AtomicOptions = {}): void {
  const temporary = temporaryBeside(path)
  try {
    const file = openSync(temporary, 'wx', options.mode ?? 0o666)
    try {
      writeFully(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    crashPoint('file:written')
    if (options.exclusive) {
      linkSync(temporary, path)
      rmSync(temporary)
    } else {
      renameSync(temporary, path)
    }
    fsyncFolder(dirname(path))
    crashPoint('file:renamed')
  } catch (error) {
    rmSync(temporary, { force: true })
    if (options.exclusive && errnoOf(error) === 'EEXIST') throw error
    throw explainSystemError(error, 'write', path)
  }
}

/** Writes all of `bytes` at the current position: write(2) may take fewer than it was given. */
export function writeFully(file: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done)
}

/** Makes entries that were created, renamed or removed in a folder durable. */
export function fsyncFolder(folder: string): void {
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The bytes of a file, or undefined where there is none. */
export function readFileIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw explainSystemError(error, 'read', path)
  }
}

/** Makes a folder and its parents. */
export function ensureFolder(path: string, mode?: number): void {
  try {
    makeFolders(path, mode === undefined ? {} : { mode })
  } catch (error) {
    throw explainSystemError(error, 'make the folder', path)
  }
}

// Not `recursive` of Node: below /proc, where nothing can be made but the parents are there, it never ends.
function makeFolders(path: string, options: { mode?: number }): void {
  try {
    mkdirSync(path, options)
  } catch (error) {
    const errno = errnoOf(error)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    if (errno !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeFolders(dirname(path), options)
    makeFolders(path, options)
  }
}

/** Removes `.tmp-` files and folders directly in `folder` that no process has touched for `ageMs` (default one day). */
export function removeStaleTemporaries(folder: string, ageMs = 86_400_000): void {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return
  }
  for (const name of names) {
    if (!name.startsWith(temporaryPrefix)) continue
    const path = join(folder, name)
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > ageMs) rmSync(path, { recursive: true, force: true })
  }
}
