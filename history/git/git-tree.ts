import { corrupt } from './git-object.ts'
import { compareNames } from './name-order.ts'

/** Modes that a tree may give an entry. */
export const mode = { file: 0o100644, executable: 0o100755, link: 0o120000, folder: 0o40000, submodule: 0o160000 }

export interface GitTreeEntry {
  name: string
  mode: number
  id: string
}

/** Reads a tree object as it is, in its own order. @throws ZagiError GIT_OBJECT_CORRUPT */
export function decodeGitTree(bytes: Buffer, id: string): GitTreeEntry[] {
  const entries: GitTreeEntry[] = []
  let at = 0
  while (at < bytes.length) {
    let value = 0
    const start = at
    for (; bytes[at] !== 0x20; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (digit < 0 || digit > 7 || at - start > 6) throw corrupt(`The tree "${id}" is damaged: an entry has no mode`)
      value = value * 8 + digit
    }
    const end = bytes.indexOf(0, ++at)
    if (end < 0 || end + 21 > bytes.length) throw corrupt(`The tree "${id}" is damaged: it ends in an entry`)
    if (end === at) throw corrupt(`The tree "${id}" is damaged: an entry has no name`)
    entries.push({
      name: bytes.toString('utf8', at, end),
      mode: canonicalMode(value),
      id: bytes.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

/** The bytes of a tree object. The entries must be in Git's order, see {@link sortKey}. */
export function encodeGitTree(entries: readonly GitTreeEntry[]): Buffer {
  let length = 0
  for (const entry of entries) length += 28 + entry.name.length * 3
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const entry of entries) {
    at += bytes.write(`${entry.mode.toString(8)} `, at, 'latin1')
    at += bytes.write(entry.name, at, 'utf8')
    bytes[at++] = 0
    at += bytes.write(entry.id, at, 'hex')
  }
  return bytes.subarray(0, at)
}

/** Git sorts the entries of a tree as if the names of folders ended in "/". */
export function sortKey(entry: GitTreeEntry): string {
  return entry.mode === mode.folder ? `${entry.name}/` : entry.name
}

/** Order of two entries in a tree. */
export function compareEntries(a: GitTreeEntry, b: GitTreeEntry): number {
  return compareNames(sortKey(a), sortKey(b))
}

// Old tools wrote group-writable files; Git reads them as ordinary ones.
function canonicalMode(value: number): number {
  const type = value & 0o170000
  if (type === 0o100000) return value & 0o100 ? mode.executable : mode.file
  return type
}
