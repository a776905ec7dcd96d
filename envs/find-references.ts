import { forEachText, type NameIndex } from './name-index.ts'
import type { LinkReference, WholeReference } from './reference-tables.ts'
import { hashLength, referenceLength, storePrefix } from './store-name.ts'

export interface FoundReferences {
  /** Whole references of width 1, 2 and 4, ascending by offset. */
  whole: WholeReference[]
  /** True if a hash lies somewhere without the path around it. */
  bareHash: boolean
}

/** Finds the whole references in a file's original bytes. */
export function findReferences(bytes: Uint8Array, index: NameIndex): FoundReferences {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole: WholeReference[] = []
  let bareHash = false
  forEachText(buffer, index.hashes, (at, path) => {
    const offset = at - storePrefix.length
    const isWhole = offset >= 0 && buffer[at + hashLength] === dash && latin1(buffer, offset, at) === storePrefix
    if (isWhole) whole.push([offset, path, 1])
    else bareHash = true
  })
  for (const width of [2, 4] as const) findWide(buffer, index, width, whole)
  return { whole: whole.sort((a, b) => a[0] - b[0]), bareHash }
}

/** References in a link's target. */
export function findLinkReferences(target: string, index: NameIndex): LinkReference[] {
  const { whole } = findReferences(Buffer.from(target), index)
  return whole.map(([offset, path]) => [offset, path])
}

const dash = 0x2d

function latin1(buffer: Buffer, start: number, end: number): string {
  return buffer.toString('latin1', start, end)
}

// UTF-16 and UTF-32: only what lies between the first and the last character is looked at, so byte order does not matter.
function findWide(buffer: Buffer, index: NameIndex, width: 2 | 4, found: WholeReference[]): void {
  const needle = Buffer.alloc((storePrefix.length - 1) * width + 1)
  for (let i = 0; i < storePrefix.length; i++) needle[i * width] = storePrefix.charCodeAt(i)
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
    const text = narrowed(buffer, at, width)
    const path = index.hashes.positions.get(text?.slice(storePrefix.length, -1) ?? '')
    if (path !== undefined && text?.endsWith('-')) found.push([at, path, width])
  }
}

/** The wide text at `at` that is as long as a reference, or undefined where there is anything else. */
function narrowed(buffer: Buffer, at: number, width: number): string | undefined {
  const last = at + (referenceLength - 1) * width
  if (last >= buffer.length) return undefined
  let text = ''
  for (let i = at; i <= last; i++) {
    if ((i - at) % width === 0) text += String.fromCharCode(buffer[i]!)
    else if (buffer[i] !== 0) return undefined
  }
  return text
}
