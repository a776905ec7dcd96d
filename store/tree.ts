import { ByteReader, ZagiError } from '../base/index.ts'
import { idAt, isId } from './id.ts'
import { maximumObject } from './limits.ts'
import type { Tree, TreeEntry } from './types.ts'

// docs/formats/tree.md
const magic = 'ZTR1'
const headLength = 32
const kinds = ['file', 'link', 'tree'] as const
const kindBits = 0b11
const chunkedBit = 0b100
const sharedBit = 0b1000
const rewrittenBit = 0b1_0000
const longestName = 1024
const longestTarget = 8192

/** The order of names in a tree: by their UTF-8 bytes, which for JavaScript means by code point. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above all others: move them behind 0xe000 to 0xffff.
    if (x >= 0xd800 && y >= 0xd800) {
      x += x >= 0xe000 ? -0x800 : 0x2000
      y += y >= 0xe000 ? -0x800 : 0x2000
    }
    return x - y
  }
  return a.length - b.length
}

/** The one encoding of a tree. @throws ZagiError TOO_LARGE; a plain Error for a tree that no directory can be */
export function encodeTree(tree: Tree): Uint8Array {
  let size = headLength
  for (const entry of tree.entries) size += 46 + 3 * (entry.name.length + entry.target.length)
  const bytes = Buffer.allocUnsafe(size)
  bytes.write(magic, 'latin1')
  bytes.writeUInt32LE(tree.entries.length, 4)
  bytes.writeBigUInt64LE(BigInt(tree.files), 8)
  bytes.writeBigUInt64LE(BigInt(tree.bytes), 16)
  bytes.writeBigUInt64LE(BigInt(tree.count), 24)
  let at = headLength
  let previous: string | undefined
  for (const entry of tree.entries) {
    if (previous !== undefined && compareNames(previous, entry.name) >= 0) {
      throw new Error(`Bug: "${entry.name}" is not behind "${previous}" in a tree`)
    }
    previous = entry.name
    at = writeEntry(entry, bytes, at)
  }
  if (at > maximumObject) {
    throw new ZagiError('TOO_LARGE', `A folder with ${tree.entries.length} entries is too large to be stored`, {
      hint: 'Spread its files over several folders',
    })
  }
  return bytes.subarray(0, at)
}

function writeEntry(entry: TreeEntry, bytes: Buffer, start: number): number {
  const wrong = nameProblem(entry.name) ?? (entry.name.isWellFormed() ? undefined : 'is not Unicode')
  if (wrong !== undefined) throw new Error(`Bug: the name "${entry.name}" ${wrong}`)
  if (entry.mode > 0o7777) throw new Error(`Bug: "${entry.name}" has the mode ${entry.mode}`)
  let at = start
  bytes[at] =
    kinds.indexOf(entry.kind) |
    (entry.chunked ? chunkedBit : 0) |
    (entry.shared ? sharedBit : 0) |
    (entry.rewritten ? rewrittenBit : 0)
  bytes.writeUInt16LE(entry.mode, at + 1)
  const nameLength = bytes.write(entry.name, at + 5, 'utf8')
  bytes.writeUInt16LE(nameLength, at + 3)
  at += 5 + nameLength
  if (entry.kind === 'link') {
    const targetLength = bytes.write(entry.target, at + 2, 'utf8')
    bytes.writeUInt16LE(targetLength, at)
    return at + 2 + targetLength
  }
  if (entry.kind === 'file') {
    bytes.writeBigUInt64LE(BigInt(entry.size), at)
    at += 8
  }
  if (!isId(entry.id)) throw new Error(`Bug: "${entry.name}" has the id "${entry.id}"`)
  bytes.write(entry.id, at, 'hex')
  return at + 32
}

/** Reads a tree that nobody has checked. @throws ZagiError TREE_CORRUPT */
export function decodeTree(bytes: Uint8Array): Tree {
  if (bytes.length > maximumObject) fail(`is ${bytes.length} bytes long`)
  const reader = new ByteReader(bytes, fail)
  reader.magic(magic)
  const length = reader.u32()
  // Each entry takes at least 9 bytes: no loop or list is longer than the bytes allow.
  if (length * 9 > reader.left - 24) fail(`says that it has ${length} entries`)
  const tree: Tree = { entries: [], files: reader.u64(), bytes: reader.u64(), count: reader.u64() }
  let previous: Uint8Array | undefined
  for (let i = 0; i < length; i++) {
    const head = reader.u8()
    const mode = reader.u16()
    const nameBytes = reader.bytes(reader.u16())
    if (previous !== undefined && Buffer.compare(previous, nameBytes) >= 0) fail('has names out of order')
    previous = nameBytes
    tree.entries.push(readEntry(reader, head, mode, decodeText(nameBytes)))
  }
  reader.end()
  return tree
}

function readEntry(reader: ByteReader, head: number, mode: number, name: string): TreeEntry {
  const wrong = nameProblem(name)
  if (wrong !== undefined) fail(`has a name that ${wrong}`)
  const kind = kinds[head & kindBits] ?? fail('has an entry of unknown kind')
  const chunked = (head & chunkedBit) !== 0
  const shared = (head & sharedBit) !== 0
  const rewritten = (head & rewrittenBit) !== 0
  if (head > 0b1_1111 || mode > 0o7777) fail('has an entry with unknown bits')
  if (kind !== 'file' && chunked) fail('has an entry in chunks that is not a file')
  if (kind === 'link') {
    const targetBytes = reader.bytes(reader.u16())
    const target = decodeText(targetBytes)
    if (target === '' || target.includes('\0') || targetBytes.length > longestTarget) fail('has an impossible link')
    return { name, kind, mode, size: targetBytes.length, id: '', chunked, target, shared, rewritten }
  }
  const size = kind === 'file' ? reader.u64() : 0
  const id = idAt(reader.bytes(32), 0)
  return { name, kind, mode, size, id, chunked, target: '', shared, rewritten }
}

/** What makes a name impossible or dangerous as that of a directory entry. */
function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'means no entry'
  if (name.includes('/') || name.includes('\0')) return 'has "/" or NUL in it'
  return name.length > longestName ? 'is too long' : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return fail('has a text that is not UTF-8')
  }
}

function fail(why: string): never {
  throw new ZagiError('TREE_CORRUPT', `A tree is damaged: it ${why}`, {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}
