import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, explainSystemError, ZagiError } from '../base/index.ts'
import type { IndexedStat } from './stat-table.ts'

/** Takes a file's bytes piece by piece, as `ContentAdder` does. */
export interface PieceTaker {
  begin(): void
  add(piece: Uint8Array, isLast: boolean): number
}

// Far longer than the largest chunk; about a core's second-level cache.
const bufferLength = 1024 * 1024
// Not through a link that took the file's place, and not waiting for a FIFO's other end.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Pauses before a file that changed while it was read is read again. */
const pausesMs = [0, 20, 100]
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Reads whole files in pieces through one buffer, and makes sure that each was read in one state. */
export class FileReader {
  readonly #buffer: Buffer = Buffer.allocUnsafe(bufferLength)
  /** Asked before each piece; throws to stop. */
  readonly #checkStop: () => void

  constructor(checkStop: () => void) {
    this.#checkStop = checkStop
  }

  /**
   * Reads a file that had the stat `expected`, and again from the start if it changed meanwhile.
   * @returns its stat, the same before and after reading; undefined if it is gone
   * @throws ZagiError FILE_CHANGED, NOT_READABLE, …
   */
  read(path: string, expected: IndexedStat, taker: PieceTaker): BigIntStats | undefined {
    let before: Pick<IndexedStat, 'size' | 'mtimeNs' | 'inode'> = expected
    for (const pauseMs of [...pausesMs, undefined]) {
      const after = this.#readOnce(path, before.size, taker)
      if (after === undefined) return undefined
      const { stat, length } = after
      if (!stat.isFile()) break
      const same = stat.mtimeNs === before.mtimeNs && Number(stat.size) === before.size && stat.ino === before.inode
      if (same && length === before.size) return stat
      before = { size: Number(stat.size), mtimeNs: stat.mtimeNs, inode: stat.ino }
      if (pauseMs !== undefined) Atomics.wait(pause, 0, 0, pauseMs)
    }
    throw new ZagiError('FILE_CHANGED', `"${path}" changes while it is being read`, {
      hint: 'Stop the program that writes to it, or leave the file out',
    })
  }

  // Reads `size` bytes, or what is there if that is less.
  #readOnce(path: string, size: number, taker: PieceTaker): { stat: BigIntStats; length: number } | undefined {
    let file: number
    try {
      file = openSync(path, flags)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'ENOENT') return undefined
      if (errno === 'ELOOP' || errno === 'ENXIO') throw typeChanged(path)
      throw explainSystemError(error, 'read', path)
    }
    try {
      const length = this.#take(file, size, taker)
      return { stat: fstatSync(file, { bigint: true }), length }
    } catch (error) {
      if (errnoOf(error) === 'EISDIR' || errnoOf(error) === 'EAGAIN') throw typeChanged(path)
      throw explainSystemError(error, 'read', path)
    } finally {
      closeSync(file)
    }
  }

  #take(file: number, size: number, taker: PieceTaker): number {
    const buffer = this.#buffer
    taker.begin()
    let total = 0
    let kept = 0
    for (;;) {
      this.#checkStop()
      let filled = kept
      while (filled < buffer.length && total < size) {
        const read = readSync(file, buffer, filled, Math.min(buffer.length - filled, size - total), null)
        if (read === 0) break
        filled += read
        total += read
      }
      const isLast = total >= size || filled < buffer.length
      const taken = taker.add(buffer.subarray(0, filled), isLast)
      if (isLast) return total
      buffer.copyWithin(0, taken, filled)
      kept = filled - taken
    }
  }
}

function typeChanged(path: string): ZagiError {
  return new ZagiError('FILE_CHANGED', `"${path}" was replaced by something else while it was being read`, {
    hint: 'Run the command again',
  })
}
