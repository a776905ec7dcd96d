import { type EntryTable, flagChunked, flagKnown, flagRewritten, kindGone } from './entry-table.ts'
import type { PieceTaker } from './file-reader.ts'
import type { FileSession } from './file-session.ts'
import type { Rewriter, SnapshotOptions } from './types.ts'

/** Brings link targets into their stored form. */
export function rewriteLinks(table: EntryTable, { rewrite, classify }: SnapshotOptions): void {
  for (const [at, target] of table.targets) {
    const isWanted = rewrite !== undefined && classify?.(table.paths[at]!, true) === 'rewrite'
    const stored = isWanted ? rewrite.linkToStored(target) : target
    if (stored !== target) {
      table.flags[at]! |= flagRewritten
      table.targets.set(at, stored)
    }
    table.storedSizes[at] = Buffer.byteLength(stored)
  }
}

/** Reads files whole and adds their stored form. Never taken from the stat index: the form also depends on the rewriter. */
export function rewriteFiles(context: {
  entries: readonly number[]
  folder: string
  table: EntryTable
  rewrite: Rewriter
  session: FileSession
}): void {
  const { table, session } = context
  const { adder } = session
  const whole = new WholeFile()
  for (const at of context.entries) {
    const path = `${context.folder}/${table.paths[at]!}`
    const expected = { size: table.sizes[at]!, mtimeNs: table.mtimes[at]!, inode: table.inodes[at]!, mode: 0 }
    const stat = session.reader.read(path, expected, whole)
    if (stat === undefined) {
      table.kinds[at] = kindGone
      continue
    }
    const bytes = whole.bytes()
    const stored = context.rewrite.toStored(bytes)
    adder.begin()
    adder.add(stored, true)
    const isChunked = adder.end(table.ids, at * 32)
    const isRewritten = stored.length !== bytes.length || Buffer.compare(stored, bytes) !== 0
    table.flags[at]! |= flagKnown | (isChunked ? flagChunked : 0) | (isRewritten ? flagRewritten : 0)
    table.sizes[at] = Number(stat.size)
    table.storedSizes[at] = stored.length
    table.mtimes[at] = stat.mtimeNs
    table.inodes[at] = stat.ino
    table.modes[at] = Number(stat.mode) & 0o7777
  }
}

class WholeFile implements PieceTaker {
  #pieces: Buffer[] = []

  begin(): void {
    this.#pieces = []
  }

  add(piece: Uint8Array): number {
    this.#pieces.push(Buffer.from(piece))
    return piece.length
  }

  bytes(): Buffer {
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
  }
}
