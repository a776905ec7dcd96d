import { hash } from 'node:crypto'
import { type GitIndex, type IndexEntry, statFields } from './git-index.ts'

/** Puts an index together, entry by entry in the order of the index: version 2, or 3 where an entry needs it. */
export class GitIndexBuilder {
  readonly #parts: { bytes: Buffer; start: number; end: number }[] = []
  #count = 0
  #extended = false

  /** Takes an entry over as it is in another index. Answers false where it lies there in another form. */
  keep(index: GitIndex, position: number): boolean {
    const raw = index.rawAt(position)
    if (raw === undefined) return false
    const last = this.#parts.at(-1)
    // What lies side by side is copied at once.
    if (last !== undefined && last.bytes === raw.bytes && last.end === raw.start) last.end = raw.end
    else this.#parts.push(raw)
    this.#extended ||= (raw.bytes[raw.start + 60]! & 0x40) !== 0
    this.#count++
    return true
  }

  add(entry: IndexEntry): void {
    const path = Buffer.from(entry.path)
    const more = (entry.skipWorktree ? 0x4000 : 0) | (entry.intentToAdd ? 0x2000 : 0)
    const fixed = more === 0 ? 62 : 64
    // One to eight NULs behind the path make the length a multiple of eight.
    const bytes = Buffer.alloc((fixed + path.length + 8) & ~7)
    bytes.set(entry.stat)
    bytes.writeUInt32BE(entry.mode, statFields.mode)
    bytes.set(entry.id, statFields.length)
    const flags = (entry.assumeValid ? 0x8000 : 0) | (more === 0 ? 0 : 0x4000) | (entry.stage << 12)
    bytes.writeUInt16BE(flags | Math.min(path.length, 0xfff), 60)
    if (more !== 0) bytes.writeUInt16BE(more, 62)
    bytes.set(path, fixed)
    this.#parts.push({ bytes, start: 0, end: bytes.length })
    this.#extended ||= more !== 0
    this.#count++
  }

  finish(): Buffer {
    const header = Buffer.from('DIRC\0\0\0\x02\0\0\0\0', 'latin1')
    if (this.#extended) header.writeUInt32BE(3, 4)
    header.writeUInt32BE(this.#count, 8)
    const parts = this.#parts.map(({ bytes, start, end }) => bytes.subarray(start, end))
    const body = Buffer.concat([header, ...parts])
    return Buffer.concat([body, Buffer.from(hash('sha1', body), 'hex')])
  }
}
