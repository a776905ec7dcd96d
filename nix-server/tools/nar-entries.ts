import { ZagiError } from '../../base/index.ts'
import type { SequentialFile } from './sequential-file.ts'
import {
  maximumDepth,
  maximumFile,
  maximumNameBytes,
  maximumTargetBytes,
  type StoreEntry,
  strictText,
} from './store-entry.ts'

/** Longest word of the format's own: "nix-archive-1". */
const maximumWord = 16

/**
 * Reads a NAR, which may be hostile: every length is checked against what is left, names are plain and strictly sorted,
 * padding is there and zero, nothing follows the end. @throws ZagiError NAR_BAD, NAME_NOT_UTF8
 * @param label what the NAR is called in messages
 */
export function* narEntries(source: SequentialFile, label: string): Generator<StoreEntry, void, undefined> {
  const words = new NarWords(source, label)
  words.expect('nix-archive-1')
  // Names that were last seen in each open folder; '' before the first, and each open folder's path.
  const open: { path: string; last: Buffer }[] = []
  yield* openNode('')
  while (open.length > 0) {
    const folder = open.at(-1)!
    const word = words.word()
    if (word === ')') {
      open.pop()
      yield { kind: 'end', path: folder.path }
      if (open.length > 0) words.expect(')')
      continue
    }
    if (word !== 'entry') words.fail(`"${word}" is where an entry or the end of a folder must be`)
    words.expect('(')
    words.expect('name')
    const name = words.name(folder.last)
    folder.last = Buffer.from(name.bytes)
    words.expect('node')
    const isFolder = yield* openNode(folder.path === '' ? name.text : `${folder.path}/${name.text}`)
    if (!isFolder) words.expect(')')
  }
  if (source.left > 0) words.fail(`${source.left} bytes follow its end`)

  // Everything of a node but the content of a folder, which the loop above reads.
  function* openNode(path: string): Generator<StoreEntry, boolean, undefined> {
    words.expect('(')
    words.expect('type')
    const type = words.word()
    if (type === 'directory') {
      if (open.length >= maximumDepth) words.fail(`its folders are nested deeper than ${maximumDepth}`)
      open.push({ path, last: Buffer.alloc(0) })
      yield { kind: 'folder', path }
      return true
    }
    if (type === 'symlink') {
      words.expect('target')
      yield { kind: 'link', path, target: words.target() }
    } else if (type === 'regular') {
      let word = words.word()
      const executable = word === 'executable'
      if (executable) {
        words.expect('')
        word = words.word()
      }
      if (word !== 'contents') words.fail(`"${word}" is where the contents of "${path}" must be`)
      const size = words.length(maximumFile, 'a file')
      let content: Buffer | undefined
      const read = () => {
        content ??= words.bytes(size)
        return content
      }
      yield { kind: 'file', path, executable, size, read }
      read()
    } else words.fail(`"${type}" is not a type of entry`)
    words.expect(')')
    return false
  }
}

/** The strings of a NAR: a 64-bit little-endian length, the bytes, zeros up to the next multiple of eight. */
class NarWords {
  readonly #source: SequentialFile
  readonly #label: string

  constructor(source: SequentialFile, label: string) {
    this.#source = source
    this.#label = label
  }

  fail(why: string): never {
    throw new ZagiError('NAR_BAD', `The NAR of "${this.#label}" is refused: ${why}`, {
      hint: 'The binary cache is damaged: nothing of it was kept',
    })
  }

  #take(length: number): Buffer {
    return this.#source.take(length) ?? this.fail('it ends too early')
  }

  length(limit: number, what: string): number {
    const bytes = this.#take(8)
    const length = bytes.readUInt32LE(0) + bytes.readUInt32LE(4) * 2 ** 32
    if (length > limit) this.fail(`${what} has a length of ${length}, the limit is ${limit}`)
    if (length > this.#source.left) this.fail('it ends too early')
    return length
  }

  bytes(length: number): Buffer {
    const bytes = this.#take(length)
    const padding = (8 - (length & 7)) & 7
    if (padding > 0 && this.#take(padding).some((byte) => byte !== 0)) this.fail('its padding is not zero')
    return bytes
  }

  word(): string {
    return this.bytes(this.length(maximumWord, 'a keyword')).toString('latin1')
  }

  expect(word: string): void {
    const got = this.word()
    if (got !== word) this.fail(`${JSON.stringify(got)} is where "${word}" must be`)
  }

  /** A name in a folder, which must come after `last`. */
  name(last: Buffer): { bytes: Buffer; text: string } {
    const bytes = this.bytes(this.length(maximumNameBytes, 'a name'))
    const text = this.#text(bytes, 'name')
    if (text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('\0')) {
      this.fail(`${JSON.stringify(text)} is not a name`)
    }
    if (last.length > 0 && last.compare(bytes) >= 0) this.fail(`the name ${JSON.stringify(text)} is out of order`)
    return { bytes, text }
  }

  target(): string {
    const text = this.#text(this.bytes(this.length(maximumTargetBytes, 'a link target')), 'link target')
    if (text === '' || text.includes('\0')) this.fail(`${JSON.stringify(text)} is not a link target`)
    return text
  }

  #text(bytes: Buffer, what: string): string {
    const text = strictText(bytes)
    if (text !== undefined) return text
    throw new ZagiError('NAME_NOT_UTF8', `A ${what} in "${this.#label}" is not UTF-8`, {
      hint: 'Such a tool cannot be kept: choose another version',
    })
  }
}
