import { checkObjectSize } from './git-object.ts'

/**
 * Applies one Git delta: a list of "copy from the base" and "insert" commands.
 * @param fail throws with the reason: the delta is hostile or damaged
 */
export function applyDelta(base: Buffer, delta: Buffer, fail: (why: string) => never): Buffer {
  let at = 0
  const size = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= delta.length || shift > 42) fail('a delta has no valid size')
      const byte = delta[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  const baseSize = size()
  if (baseSize !== base.length) fail(`a delta is for a base of ${baseSize} bytes, its base has ${base.length}`)
  const resultSize = size()
  checkObjectSize(resultSize, 'A Git object')
  const result = Buffer.allocUnsafe(resultSize)
  let done = 0
  while (at < delta.length) {
    const command = delta[at++]!
    if (command === 0) fail('a delta has an unknown command')
    if (command < 0x80) {
      if (at + command > delta.length || done + command > resultSize) fail('a delta inserts too much')
      delta.copy(result, done, at, at + command)
      at += command
      done += command
      continue
    }
    let from = 0
    let length = 0
    // Missing bytes read as zero here; the check after the loop finds that the delta ended.
    for (let bit = 0; bit < 4; bit++) if (command & (1 << bit)) from += (delta[at++] ?? 0) * 2 ** (8 * bit)
    for (let bit = 0; bit < 3; bit++) if (command & (16 << bit)) length += (delta[at++] ?? 0) << (8 * bit)
    if (length === 0) length = 0x10000
    if (at > delta.length) fail('a delta ends in a command')
    if (from + length > base.length || done + length > resultSize) fail('a delta copies from outside of its base')
    base.copy(result, done, from, from + length)
    done += length
  }
  if (done !== resultSize) fail(`a delta makes ${done} bytes where it says ${resultSize}`)
  return result
}
