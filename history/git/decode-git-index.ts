import { hash } from 'node:crypto'
import { ZagiError } from '../../base/index.ts'
import { GitIndex, statFields } from './git-index.ts'
import { mode } from './git-tree.ts'

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
  const starts = new Uint32Array(count)
  const pathStarts = new Uint32Array(count)
  const pathEnds = new Uint32Array(count)
  const paths = version === 4 ? new ShortenedPaths() : undefined
  let empty = false
  let at = 12
  for (let i = 0; i < count; i++) {
    const start = at
    if (start + 62 > end) fail('it ends in an entry')
    starts[i] = start
    at = start + ((bytes[start + 60]! & 0x40) !== 0 ? 64 : 62)
    if (paths !== undefined) at = paths.readDrop(bytes, at)
    // The length is in the entry, up to a limit; what it says is checked.
    const length = ((bytes[start + 60]! & 0x0f) << 8) | bytes[start + 61]!
    const stop = paths === undefined && length < 0xfff ? at + length : bytes.indexOf(0, at)
    if (stop < at || stop >= end || bytes[stop] !== 0) fail('a path has no end')
    pathStarts[i] = paths === undefined ? at : paths.add(bytes.subarray(at, stop))
    pathEnds[i] = paths === undefined ? stop : paths.length
    empty ||= pathStarts[i] === pathEnds[i]
    if (bytes.readUInt32BE(start + statFields.mode) === mode.folder) {
      throw unsupported('sparse folders', 'Run "git sparse-checkout disable"')
    }
    // Entries are padded with NULs to eight bytes, but for version 4.
    at = paths === undefined ? start + ((stop - start + 8) & ~7) : stop + 1
  }
  checkExtensions(bytes, at, end)
  // A shared index, refused above, has these for a reason.
  if (empty) fail('a path is empty')
  return new GitIndex({ version, bytes, starts, pathBytes: paths?.bytes() ?? bytes, pathStarts, pathEnds })
}

/** The paths of version 4: each says how many bytes of the one before it go before its own are added. */
class ShortenedPaths {
  readonly #parts: Buffer[] = []
  #last = Buffer.alloc(0)
  #kept = 0
  length = 0

  readDrop(bytes: Buffer, from: number): number {
    let at = from
    let drop = 0
    for (let more = true; more; ) {
      const byte = bytes[at++] ?? 0
      more = byte >= 0x80
      drop = drop * 128 + (byte & 0x7f) + (more ? 1 : 0)
      if (drop > 0xffff) break
    }
    if (drop > this.#last.length) fail('a path has a wild prefix')
    this.#kept = this.#last.length - drop
    return at
  }

  /** Answers where the whole path begins. */
  add(rest: Buffer): number {
    // A long path that is repeated could make a small file take all memory.
    if (this.length > maximumPaths) fail('its paths are too long')
    this.#last = Buffer.concat([this.#last.subarray(0, this.#kept), rest])
    this.#parts.push(this.#last)
    const start = this.length
    this.length += this.#last.length
    return start
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** Bytes that all paths of an index may take. */
const maximumPaths = 1024 * 1024 * 1024

function fail(why: string): never {
  throw new ZagiError('INDEX_CORRUPT', `Git's index is damaged: ${why}`, {
    hint: 'Remove ".git/index" and run "git reset" to make it again',
  })
}

function unsupported(what: string, hint: string): ZagiError {
  return new ZagiError('GIT_UNSUPPORTED', `Git's index uses ${what}`, { hint })
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
