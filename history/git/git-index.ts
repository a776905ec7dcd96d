import { hash } from 'node:crypto'
import { ZagiError } from '../../base/index.ts'
import { mode } from './git-tree.ts'

/** One file of Git's index. */
export interface IndexEntry {
  path: string
  mode: number
  /** 20 bytes. */
  id: Uint8Array
  /** What Git compares to see whether a file changed, see {@link statFields}. 40 bytes. */
  stat: Buffer
  /** 0, or 1 to 3 for the sides of a conflict. */
  stage: number
  assumeValid: boolean
  skipWorktree: boolean
  intentToAdd: boolean
}

/** Where an entry has what of a file's stat: 32 bits each, the low ones where there are more. */
export const statFields = {
  ctimeSeconds: 0,
  ctimeNanoseconds: 4,
  mtimeSeconds: 8,
  mtimeNanoseconds: 12,
  device: 16,
  inode: 20,
  mode: 24,
  uid: 28,
  gid: 32,
  size: 36,
  length: 40,
} as const

const unsupported = (what: string, hint: string) =>
  new ZagiError('GIT_UNSUPPORTED', `Git's index uses ${what}`, { hint })

/** A decoded index. Only paths and positions are taken out at once: most commands look at few entries closely. */
export class GitIndex {
  /** In the order of the index: by bytes, then by stage. */
  readonly paths: readonly string[]
  readonly #bytes: Buffer
  readonly #starts: Uint32Array

  constructor(bytes: Buffer, paths: readonly string[], starts: Uint32Array) {
    this.#bytes = bytes
    this.paths = paths
    this.#starts = starts
  }

  modeAt(position: number): number {
    return this.#bytes.readUInt32BE(this.#starts[position]! + statFields.mode)
  }

  /** The object's 20 bytes: a view. */
  idAt(position: number): Buffer {
    const start = this.#starts[position]! + 40
    return this.#bytes.subarray(start, start + 20)
  }

  /** Set where a sparse checkout leaves the file out of the working folder. */
  skipsWorktree(position: number): boolean {
    const start = this.#starts[position]!
    return (this.#bytes[start + 60]! & 0x40) !== 0 && (this.#bytes[start + 62]! & 0x40) !== 0
  }

  entryAt(position: number): IndexEntry {
    const bytes = this.#bytes
    const start = this.#starts[position]!
    const flags = bytes.readUInt16BE(start + 60)
    const more = (flags & 0x4000) !== 0 ? bytes.readUInt16BE(start + 62) : 0
    return {
      path: this.paths[position]!,
      mode: this.modeAt(position),
      id: this.idAt(position),
      stat: bytes.subarray(start, start + statFields.length),
      stage: (flags >> 12) & 3,
      assumeValid: (flags & 0x8000) !== 0,
      skipWorktree: (more & 0x4000) !== 0,
      intentToAdd: (more & 0x2000) !== 0,
    }
  }
}

/** Reads `.git/index`, versions 2 to 4. Extensions that may be ignored are. @throws ZagiError INDEX_CORRUPT, GIT_UNSUPPORTED */
export function decodeGitIndex(bytes: Buffer): GitIndex {
  if (bytes.length < 32 || bytes.toString('latin1', 0, 4) !== 'DIRC') fail('it does not start as an index does')
  const version = bytes.readUInt32BE(4)
  if (version < 2 || version > 4) throw unsupported(`version ${version}`, 'Run "git update-index --index-version 2"')
  const count = bytes.readUInt32BE(8)
  const end = bytes.length - 20
  // 62 bytes are the least that an entry takes, also in version 4.
  if (count > end / 62) fail(`it cannot hold ${count} entries`)
  const trailer = bytes.toString('hex', end)
  if (trailer !== '0'.repeat(40) && hash('sha1', bytes.subarray(0, end)) !== trailer) fail('its checksum is wrong')
  const paths: string[] = []
  const starts = new Uint32Array(count)
  let at = 12
  for (let i = 0; i < count; i++) {
    const start = at
    if (start + 62 > end) fail('it ends in an entry')
    starts[i] = start
    at = start + ((bytes[start + 60]! & 0x40) !== 0 ? 64 : 62)
    let kept = ''
    if (version === 4) {
      let drop = 0
      for (let more = true; more; ) {
        const byte = bytes[at++] ?? 0
        more = byte >= 0x80
        drop = drop * 128 + (byte & 0x7f) + (more ? 1 : 0)
        if (at > end || drop > 0xffff) fail('a path has a wild prefix')
      }
      kept = withoutBytes(paths.at(-1) ?? '', drop)
    }
    const stop = bytes.indexOf(0, at)
    if (stop < 0 || stop > end) fail('a path has no end')
    const path = kept + bytes.toString('utf8', at, stop)
    paths.push(path)
    if (bytes.readUInt32BE(start + statFields.mode) === mode.folder) {
      throw unsupported('sparse folders', 'Run "git sparse-checkout disable"')
    }
    // Entries are padded with NULs to eight bytes, but for version 4.
    at = version === 4 ? stop + 1 : start + ((stop - start + 8) & ~7)
  }
  checkExtensions(bytes, at, end)
  // A shared index, refused above, has these for a reason.
  if (paths.includes('')) fail('a path is empty')
  return new GitIndex(bytes, paths, starts)
}

/** The path without its last bytes, which version 4 counts in UTF-8. */
function withoutBytes(path: string, drop: number): string {
  const bytes = Buffer.from(path)
  if (drop > bytes.length) fail('a path has a wild prefix')
  return bytes.toString('utf8', 0, bytes.length - drop)
}

function fail(why: string): never {
  throw new ZagiError('INDEX_CORRUPT', `Git's index is damaged: ${why}`, {
    hint: 'Remove ".git/index" and run "git reset" to make it again',
  })
}

function checkExtensions(bytes: Buffer, from: number, end: number): void {
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
    bytes.set(entry.stat, at)
    bytes.writeUInt32BE(entry.mode, at + statFields.mode)
    bytes.set(entry.id, at + 40)
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
