import { corrupt } from './git-object.ts'
import { compareEntryNames } from './name-order.ts'

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
    const name = bytes.toString('utf8', at, end)
    if (name === '' || name.includes('/')) throw corrupt(`The tree "${id}" is damaged: an entry has no valid name`)
    entries.push({
      name,
      mode: canonicalMode(value),
      id: bytes.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

/** An entry to be written: the id as hex digits or as its 20 bytes. */
export interface NewTreeEntry {
  name: string
  mode: number
  id: string | Uint8Array
}

/** The bytes of a tree object. The entries must be in Git's order, see {@link compareEntries}. */
export function encodeGitTree(entries: readonly NewTreeEntry[]): Buffer {
  let length = 0
  for (const entry of entries) length += 28 + entry.name.length * 3
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const { name, mode, id } of entries) {
    at = writeAscii(bytes, at, mode === 0o100644 ? '100644 ' : `${mode.toString(8)} `)
    const start = at
    at = writeAscii(bytes, at, name)
    if (at < 0) at = start + bytes.write(name, start, 'utf8')
    bytes[at++] = 0
    if (typeof id === 'string') bytes.write(id, at, 'hex')
    else bytes.set(id, at)
    at += 20
  }
  return bytes.subarray(0, at)
}

// Most names are ASCII and short: a loop is faster than a call out of JavaScript. Answers -1 for other names.
function writeAscii(bytes: Buffer, from: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return -1
    bytes[from + i] = code
  }
  return from + text.length
}

/** Order of two entries in a tree. */
export function compareEntries(a: GitTreeEntry, b: GitTreeEntry): number {
  return compareEntryNames(a.name, a.mode === mode.folder, b.name, b.mode === mode.folder)
}

// Old tools wrote group-writable files; Git reads them as ordinary ones.
function canonicalMode(value: number): number {
  const type = value & 0o170000
  if (type === 0o100000) return value & 0o100 ? mode.executable : mode.file
  return type
}
