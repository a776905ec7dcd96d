import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError } from '../../base/index.ts'
import type { Random } from '../helpers/random.ts'

/** Some truncations, extensions and bit flips of `bytes`. */
export function* damaged(bytes: Uint8Array, random: Random, count: number): Iterable<Buffer> {
  for (let i = 0; i < count; i++) {
    const copy = Buffer.from(bytes)
    const kind = random.below(4)
    if (kind === 0) yield copy.subarray(0, random.below(copy.length))
    else if (kind === 1) yield Buffer.concat([copy, random.bytes(1 + random.below(40))])
    else {
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        copy[random.below(copy.length)]! ^= 1 << random.below(8)
      }
      // Two flips of one bit are none.
      if (copy.equals(bytes)) copy[random.below(copy.length)]! ^= 1
      yield copy
    }
  }
}

/** What `action` answers; undefined where it throws a ZagiError with one of the codes. Anything else is thrown on. */
export function unlessRefused<T>(action: () => T, codes: ErrorCode[]): T | undefined {
  try {
    return action()
  } catch (error) {
    if (isZagiError(error) && codes.includes(error.code)) return undefined
    throw error
  }
}

/** Runs `action`, which must throw a ZagiError with one of the codes. */
export function throwsCode(action: () => unknown, codes: ErrorCode[], message?: string): void {
  try {
    action()
  } catch (error) {
    if (isZagiError(error) && codes.includes(error.code)) return
    throw error
  }
  assert.unreachable(message ?? `nothing was thrown instead of ${codes}`)
}

/** As `throwsCode`, for what answers with a promise. */
export async function rejectsCode(promise: Promise<unknown>, codes: ErrorCode[]): Promise<Error> {
  try {
    await promise
  } catch (error) {
    if (isZagiError(error) && codes.includes(error.code)) return error
    throw error
  }
  throw new Error(`nothing was thrown instead of ${codes}`)
}
