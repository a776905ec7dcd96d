import {
  type EntryTable,
  flagChunked,
  flagLinked,
  flagRewritten,
  flagSettled,
  flagShared,
  kindFile,
  kindTree,
} from './entry-table.ts'

// What a folder's stat index keeps of an entry, see docs/formats/stat-index.md:
// u8 kind, u8 flags, 32 bytes id; folders also u32 files and u32 entries and f64 bytes below them.
const fileLength = 34
const treeLength = 50
const lastingFlags = flagChunked | flagShared | flagRewritten | flagLinked | flagSettled
/** These make up a tree entry, together with id, mode and kind. */
const treeFlags = flagChunked | flagShared | flagRewritten

/** Where a value has the id. */
export const knownIdOffset = 2

const scratch = Buffer.alloc(treeLength)

/** The value of an entry whose id is known: valid until the next call. */
export function encodeKnown(table: EntryTable, at: number): Buffer {
  const kind = table.kinds[at]!
  scratch[0] = kind
  scratch[1] = table.flags[at]! & lastingFlags
  table.ids.copy(scratch, knownIdOffset, at * 32, at * 32 + 32)
  if (kind !== kindTree) return scratch.subarray(0, fileLength)
  scratch.writeUInt32LE(table.links[at]!, 34)
  scratch.writeUInt32LE(table.ends[at]! - at - 1, 38)
  scratch.writeDoubleLE(table.sizes[at]!, 42)
  return scratch
}

export function isKnownFile(value: Buffer): boolean {
  return value.length === fileLength && value[0] === kindFile
}

export function knownFlags(value: Buffer): number {
  return value[1]! & lastingFlags
}

/** Takes a folder's id and totals from a value. @returns false if that is not of a folder with `below` entries in it */
export function takeKnownTree(value: Buffer, table: EntryTable, at: number): boolean {
  const below = table.ends[at]! - at - 1
  if (value.length !== treeLength || value[0] !== kindTree || value.readUInt32LE(38) !== below) return false
  table.setId(at, value, knownIdOffset)
  table.links[at] = value.readUInt32LE(34)
  table.sizes[at] = value.readDoubleLE(42)
  return true
}

/** True when an entry, whose id is known, would make the same tree entry as the value says, the mode apart. */
export function sameAsKnown(value: Buffer, table: EntryTable, at: number): boolean {
  return (
    value[0] === table.kinds[at] &&
    ((value[1]! ^ table.flags[at]!) & treeFlags) === 0 &&
    table.ids.compare(value, knownIdOffset, knownIdOffset + 32, at * 32, at * 32 + 32) === 0
  )
}
