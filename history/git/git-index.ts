import { hash } from 'node:crypto'
import { ZagiError } from '../../base/index.ts'
import { mode } from './git-tree.ts'

/** One file of Git's index. Stat fields are as Git keeps them: the low 32 bits. */
export interface IndexEntry {
  path: string
  mode: number
  id: string
  size: number
  ctimeSeconds: number
  ctimeNanoseconds: number
  mtimeSeconds: number
  mtimeNanoseconds: number
  device: number
  inode: number
  uid: number
  gid: number
  /** 0, or 1 to 3 for the sides of a conflict. */
  stage: number
  assumeValid: boolean
  skipWorktree: boolean
  intentToAdd: boolean
}

const unsupported = (what: string, hint: string) =>
  new ZagiError('GIT_UNSUPPORTED', `Git's index uses ${what}`, { hint })

/** Reads `.git/index`, versions 2 to 4. Extensions that may be ignored are. @throws ZagiError INDEX_CORRUPT, GIT_UNSUPPORTED */
export function decodeGitIndex(bytes: Buffer): IndexEntry[] {
  const fail = (why: string): never => {
    throw new ZagiError('INDEX_CORRUPT', `Git's index is damaged: ${why}`, {
      hint: 'Remove ".git/index" and run "git reset" to make it again',
    })
  }
  if (bytes.length < 32 || bytes.toString('latin1', 0, 4) !== 'DIRC') fail('it does not start as an index does')
  const version = bytes.readUInt32BE(4)
  if (version < 2 || version > 4) throw unsupported(`version ${version}`, 'Run "git update-index --index-version 2"')
  const count = bytes.readUInt32BE(8)
  const end = bytes.length - 20
  // 62 bytes are the least that an entry takes, also in version 4.
  if (count > end / 62) fail(`it cannot hold ${count} entries`)
  const trailer = bytes.toString('hex', end)
  if (trailer !== '0'.repeat(40) && hash('sha1', bytes.subarray(0, end)) !== trailer) fail('its checksum is wrong')
  const entries: IndexEntry[] = new Array(count)
  let at = 12
  let previous = ''
  for (let i = 0; i < count; i++) {
    const start = at
    if (start + 62 > end) fail('it ends in an entry')
    const flags = bytes.readUInt16BE(start + 60)
    const extended = (flags & 0x4000) !== 0
    at = start + (extended ? 64 : 62)
    let kept = 0
    if (version === 4) {
      let drop = 0
      for (let more = true; more; ) {
        const byte = bytes[at++] ?? 0
        more = byte >= 0x80
        drop = drop * 128 + (byte & 0x7f) + (more ? 1 : 0)
        if (at > end || drop > 0xffff) fail('a path has a wild prefix')
      }
      kept = Buffer.byteLength(previous) - drop
      if (kept < 0) fail('a path has a wild prefix')
    }
    const stop = bytes.indexOf(0, at)
    if (stop < 0 || stop > end) fail('a path has no end')
    const rest = bytes.toString('utf8', at, stop)
    const path = kept === 0 ? rest : Buffer.from(previous).toString('utf8', 0, kept) + rest
    if (path === '') fail('a path is empty')
    const second = extended ? bytes.readUInt16BE(start + 62) : 0
    entries[i] = {
      path,
      ctimeSeconds: bytes.readUInt32BE(start),
      ctimeNanoseconds: bytes.readUInt32BE(start + 4),
      mtimeSeconds: bytes.readUInt32BE(start + 8),
      mtimeNanoseconds: bytes.readUInt32BE(start + 12),
      device: bytes.readUInt32BE(start + 16),
      inode: bytes.readUInt32BE(start + 20),
      mode: bytes.readUInt32BE(start + 24),
      uid: bytes.readUInt32BE(start + 28),
      gid: bytes.readUInt32BE(start + 32),
      size: bytes.readUInt32BE(start + 36),
      id: bytes.toString('hex', start + 40, start + 60),
      stage: (flags >> 12) & 3,
      assumeValid: (flags & 0x8000) !== 0,
      skipWorktree: (second & 0x4000) !== 0,
      intentToAdd: (second & 0x2000) !== 0,
    }
    if (entries[i]!.mode === mode.folder) throw unsupported('sparse folders', 'Run "git sparse-checkout disable"')
    // Entries are padded with NULs to eight bytes, but for version 4.
    at = version === 4 ? stop + 1 : start + ((stop - start + 8) & ~7)
    previous = path
  }
  checkExtensions(bytes, at, end, fail)
  return entries
}

function checkExtensions(bytes: Buffer, from: number, end: number, fail: (why: string) => never): void {
  for (let at = from; at < end; ) {
    if (at + 8 > end) fail('it ends in an extension')
    const name = bytes.toString('latin1', at, at + 4)
    if (name === 'link') throw unsupported('a shared index', 'Run "git update-index --no-split-index"')
    // A capital letter says that a reader may ignore the extension.
    if (!/^[A-Z]/.test(name)) throw unsupported(`the extension "${name}"`, 'Run "git update-index --index-version 2"')
    at += 8 + bytes.readUInt32BE(at + 4)
    if (at > end) fail('it ends in an extension')
  }
}

/** The bytes of an index: version 2, or 3 where an entry needs it. The entries must be sorted by path. */
export function encodeGitIndex(entries: readonly IndexEntry[]): Buffer {
  const extended = entries.some((entry) => entry.skipWorktree || entry.intentToAdd)
  let length = 12 + 20
  for (const entry of entries) length += 72 + entry.path.length * 3
  const bytes = Buffer.alloc(length)
  bytes.write('DIRC', 0, 'latin1')
  bytes.writeUInt32BE(extended ? 3 : 2, 4)
  bytes.writeUInt32BE(entries.length, 8)
  let at = 12
  for (const entry of entries) {
    const start = at
    const more = entry.skipWorktree || entry.intentToAdd
    bytes.writeUInt32BE(entry.ctimeSeconds, at)
    bytes.writeUInt32BE(entry.ctimeNanoseconds, at + 4)
    bytes.writeUInt32BE(entry.mtimeSeconds, at + 8)
    bytes.writeUInt32BE(entry.mtimeNanoseconds, at + 12)
    bytes.writeUInt32BE(entry.device, at + 16)
    bytes.writeUInt32BE(entry.inode, at + 20)
    bytes.writeUInt32BE(entry.mode, at + 24)
    bytes.writeUInt32BE(entry.uid, at + 28)
    bytes.writeUInt32BE(entry.gid, at + 32)
    bytes.writeUInt32BE(entry.size, at + 36)
    bytes.write(entry.id, at + 40, 'hex')
    if (more) bytes.writeUInt16BE((entry.skipWorktree ? 0x4000 : 0) | (entry.intentToAdd ? 0x2000 : 0), at + 62)
    at += more ? 64 : 62
    const pathLength = bytes.write(entry.path, at, 'utf8')
    const flags = (entry.assumeValid ? 0x8000 : 0) | (more ? 0x4000 : 0) | (entry.stage << 12)
    bytes.writeUInt16BE(flags | Math.min(pathLength, 0xfff), start + 60)
    at = start + ((at + pathLength - start + 8) & ~7)
  }
  bytes.write(hash('sha1', bytes.subarray(0, at)), at, 'hex')
  return bytes.subarray(0, at + 20)
}
