import type { ObjectKind } from './git-object.ts'

/** What precedes the compressed bytes of an entry in a pack. */
export interface EntryHeader {
  /** undefined: a delta. */
  kind: ObjectKind | undefined
  /** Bytes after inflating. */
  size: number
  /** Position of a delta's base in the same pack. */
  baseOffset: number | undefined
  /** Name of a delta's base. */
  baseId: string | undefined
  /** Bytes of this header. */
  length: number
}

/** Bytes that hold any entry header: size, then a base's position or name. */
export const maximumEntryHeader = 32

const offsetDelta = 6
const idDelta = 7
const kinds: readonly (ObjectKind | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag']

/**
 * Reads the header of the entry that is at `offset` in its pack and at the start of `bytes`.
 * @param fail throws with the reason
 */
export function readEntryHeader(bytes: Buffer, offset: number, fail: (why: string) => never): EntryHeader {
  let at = 0
  const next = (): number => (at < bytes.length ? bytes[at++]! : fail('it ends in the header of an object'))
  let byte = next()
  const type = (byte >> 4) & 7
  let size = byte & 15
  for (let factor = 16; byte & 0x80; factor *= 128) {
    if (at > 7) fail(`the object at byte ${offset} has a wild size`)
    byte = next()
    size += (byte & 0x7f) * factor
  }
  const header: EntryHeader = { kind: kinds[type], size, baseOffset: undefined, baseId: undefined, length: 0 }
  if (type === offsetDelta) {
    byte = next()
    let back = byte & 0x7f
    while (byte & 0x80) {
      if (at > 20) fail(`the delta at byte ${offset} has a wild base`)
      byte = next()
      back = (back + 1) * 128 + (byte & 0x7f)
    }
    if (back === 0 || back > offset - 12) fail(`the delta at byte ${offset} has its base outside of the pack`)
    header.baseOffset = offset - back
  } else if (type === idDelta) {
    if (at + 20 > bytes.length) fail('it ends in the header of an object')
    header.baseId = bytes.toString('hex', at, at + 20)
    at += 20
  } else if (header.kind === undefined) fail(`the object at byte ${offset} has the unknown type ${type}`)
  header.length = at
  return header
}

/** The header of an entry: a whole object, or a delta on the object at `back` bytes before it, or on a named one. */
export function encodeEntryHeader(kind: ObjectKind | { back: number } | { baseId: string }, size: number): Buffer {
  const bytes: number[] = []
  const type = typeof kind === 'string' ? kinds.indexOf(kind) : 'back' in kind ? offsetDelta : idDelta
  let rest = Math.floor(size / 16)
  bytes.push((type << 4) | (size % 16) | (rest > 0 ? 0x80 : 0))
  while (rest > 0) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(low | (rest > 0 ? 0x80 : 0))
  }
  if (typeof kind === 'string') return Buffer.from(bytes)
  if ('baseId' in kind) return Buffer.concat([Buffer.from(bytes), Buffer.from(kind.baseId, 'hex')])
  const back = [kind.back % 128]
  for (let left = Math.floor(kind.back / 128); left > 0; left = Math.floor(left / 128)) {
    left -= 1
    back.unshift((left % 128) | 0x80)
  }
  return Buffer.from([...bytes, ...back])
}
