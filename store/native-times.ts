import { fstatSync, futimesSync, lutimesSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { loadAddon } from './native-addon.ts'

// The part of koffi that is used here; its own types leave every call untyped.
interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number }
  errno(): number
}

interface SystemCalls {
  utimensat(folder: number, path: string, times: BigInt64Array, flags: number): number
  futimens(file: number, times: BigInt64Array): number
  errno(): number
}

const isDarwin = process.platform === 'darwin'
const here = isDarwin ? -2 : -100
const noFollow = isDarwin ? 0x20 : 0x100
const omit = isDarwin ? -2n : (1n << 30n) - 2n
const billion = 1_000_000_000n

let calls: SystemCalls | null | undefined
// Two timespecs of two 64-bit values each: access time (left as it is), modification time.
const times = new BigInt64Array([0n, omit, 0n, 0n])

/**
 * Sets the mtime of a file, folder or link itself, exact to the nanosecond; the access time stays.
 * Node's own calls take seconds as a double, which for today's dates is exact to 238 ns only: they are the fallback
 * where the addon cannot be loaded. See docs/decisions/0006-nanosecond-times.md.
 * @throws a system error, as the calls of node:fs do
 */
export function setPathTime(path: string, mtimeNs: bigint): void {
  const native = nativeCalls()
  if (native === null) {
    lutimesSync(path, Date.now() / 1000, seconds(mtimeNs))
    return
  }
  fill(mtimeNs)
  if (native.utimensat(here, path, times, noFollow) !== 0) throw systemError('utimensat', native.errno(), path)
}

/** Sets the mtime of an open file or folder, see {@link setPathTime}. */
export function setDescriptorTime(file: number, mtimeNs: bigint): void {
  const native = nativeCalls()
  if (native === null) {
    futimesSync(file, fstatSync(file).atime, seconds(mtimeNs))
    return
  }
  fill(mtimeNs)
  if (native.futimens(file, times) !== 0) throw systemError('futimens', native.errno())
}

/** False where only Node's own calls are there, and times are exact to some hundred nanoseconds. */
export function hasExactTimes(): boolean {
  return nativeCalls() !== null
}

function fill(mtimeNs: bigint): void {
  let second = mtimeNs / billion
  let rest = mtimeNs % billion
  if (rest < 0n) {
    second -= 1n
    rest += billion
  }
  times[2] = second
  times[3] = rest
}

// Node takes a negative number for "now", but not a date before 1970.
function seconds(mtimeNs: bigint): number | Date {
  return mtimeNs < 0n ? new Date(Number(mtimeNs) / 1e6) : Number(mtimeNs) / 1e9
}

// Loading costs half a millisecond: only who sets a time pays for it.
function nativeCalls(): SystemCalls | null {
  if (calls === undefined) calls = loadCalls()
  return calls
}

function loadCalls(): SystemCalls | null {
  const koffi = loadAddon<Koffi>('koffi.node', 'koffi')
  if (koffi === undefined) return null
  try {
    const library = koffi.load(null)
    return {
      utimensat: library.func('int utimensat(int, const char *, const void *, int)'),
      futimens: library.func('int futimens(int, const void *)'),
      errno: koffi.errno,
    }
  } catch {
    return null
  }
}

function systemError(syscall: string, errno: number, path?: string): Error {
  const code = getSystemErrorName(-errno)
  const message = `${code}: ${syscall}${path === undefined ? '' : ` '${path}'`}`
  return Object.assign(new Error(message), { errno: -errno, code, syscall, ...(path === undefined ? {} : { path }) })
}
