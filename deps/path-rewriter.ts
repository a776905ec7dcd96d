import type { Rewriter } from '../store/index.ts'
import { directShebang, type Head, readHead, writeHead } from './script-head.ts'

export interface Replacement {
  /** Absolute path as it is in files on this machine, without a final slash. "/" itself is never replaced. */
  local: string
  /** The token that stands for it in the store: `@zagi:NAME@`. */
  stored: string
}

/** Stands for the project's own folder in stored files. */
export const projectToken = '@zagi:project@'

/** Stands for the user's home folder, where package managers and interpreters keep things of theirs. */
export const homeToken = '@zagi:home@'

/** Stands for the folder of a materialised tool; `name` is its full `<32 hash>-<name>`. */
export function toolToken(name: string): string {
  return `@zagi:tool:${name}@`
}

/**
 * Replaces local paths by tokens and back, see docs/formats/rewritten-files.md. The longest path wins, and only whole
 * paths count: "/home/me/app" is not found in "/home/me/app2" or "/mnt/home/me/app".
 *
 * `fromStored(toStored(x))` is x for every x. Bytes with a NUL among them are no text and come back as they are;
 * where nothing is replaced, the very same object comes back.
 */
export function pathRewriter(replacements: Replacement[]): Rewriter {
  const table = new PathTable(replacements)
  return {
    toStored: (bytes) => onText(bytes, (text) => toStored(table, text)),
    fromStored: (bytes) => onText(bytes, (text) => fromStored(table, text)),
    linkToStored(target) {
      const path = table.paths.find(({ link }) => target === link || target.startsWith(`${link}/`))
      if (path) return token(path.name) + target.slice(path.link.length)
      return target.startsWith(opening) ? escapedOpening + target.slice(opening.length) : target
    },
    linkFromStored(target) {
      if (target.startsWith(escapedOpening)) return opening + target.slice(escapedOpening.length)
      const path = table.paths.find(({ name }) => target.startsWith(token(name)))
      return path ? path.link + target.slice(token(path.name).length) : target
    },
  }
}

const opening = '@zagi:'
// A text that has the opening of a token itself: an empty token stands for it.
const escapedOpening = '@zagi:@'
const tokenForm = /^@zagi:([A-Za-z0-9:+._?=-]+)@$/

// Texts are handled as Latin-1, one character a byte, so that every byte survives.
interface LocalPath {
  name: string
  link: string
  plain: string
  /** As in a file: URL, percent-encoded as Python does it. */
  url: string
  /** As one word of a shell command. */
  shell: string
}

class PathTable {
  readonly paths: LocalPath[]
  readonly byName: ReadonlyMap<string, LocalPath>
  readonly byPlain: ReadonlyMap<string, LocalPath>
  readonly byUrl: ReadonlyMap<string, LocalPath>
  readonly byShell: ReadonlyMap<string, LocalPath>
  readonly search: RegExp

  constructor(replacements: Replacement[]) {
    this.paths = replacements
      .filter(({ local }) => local !== '/')
      .map(localPath)
      .sort((a, b) => b.plain.length - a.plain.length)
    this.byName = new Map(this.paths.map((path) => [path.name, path]))
    if (this.byName.size < this.paths.length) throw new Error('Bug: two local paths have the same token')
    // Reversed, so that the first of two replacements of one path is the one that counts.
    this.byPlain = new Map(this.paths.toReversed().map((path) => [path.plain, path]))
    this.byUrl = new Map(this.paths.toReversed().map((path) => [path.url, path]))
    this.byShell = new Map(this.paths.toReversed().map((path) => [path.shell, path]))
    this.search = searchFor(this.paths)
  }
}

function localPath({ local, stored }: Replacement): LocalPath {
  const name = tokenForm.exec(stored)?.[1]
  if (name === undefined) throw new Error(`Bug: "${stored}" is not a token`)
  if (!local.startsWith('/') || local.endsWith('/')) throw new Error(`Bug: "${local}" cannot be replaced`)
  const plain = Buffer.from(local).toString('latin1')
  const url = plain.replace(/[^A-Za-z0-9_.~/-]/g, percentEncoded)
  const shell = isShellWord(plain) ? plain : `'${plain.replaceAll("'", `'"'"'`)}'`
  return { name, link: local, plain, url, shell }
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function isShellWord(text: string): boolean {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text)
}

/**
 * Finds openings of tokens, paths in file: URLs (first group), quoted paths at the start of a shell word (second group)
 * and other paths (third group), longest first.
 */
function searchFor(paths: LocalPath[]): RegExp {
  if (paths.length === 0) return /@zagi:/g
  const namePart = '[A-Za-z0-9_.~+%@\\x80-\\xff-]'
  const anyOf = (key: 'url' | 'shell' | 'plain', chosen: LocalPath[]) =>
    `(${chosen.map((path) => escapeForRegExp(path[key])).join('|')})`
  const quoted = paths.filter(({ shell, plain }) => shell !== plain)
  const ofShell = quoted.length === 0 ? '((?!))' : `(?<=${beforeShellWord})${anyOf('shell', quoted)}`
  // The second look-behind keeps the host of an http: URL from being taken for the start of a path.
  const ofOthers = `(?<!${namePart})(?<!:/)${anyOf('plain', paths)}`
  const source = `${opening}|(?:(?<=file://)${anyOf('url', paths)}|${ofShell}|${ofOthers})(?!${namePart})`
  return new RegExp(source, 'g')
}

// Where scripts of newer Pythons have the path as a word of its own: without quotes where it needs none.
const beforeShellWord = 'VIRTUAL_ENV[= ]|\\(cygpath '
const shellWordStart = new RegExp(`(?:${beforeShellWord})$`)

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function onText(bytes: Uint8Array, convert: (text: string) => string): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.includes(0)) return bytes
  const text = buffer.toString('latin1')
  const converted = convert(text)
  return converted === text ? bytes : Buffer.from(converted, 'latin1')
}

type Form = 'url' | 'shell' | 'shebang'

function token(name: string, form?: Form): string {
  return form === undefined ? `${opening}${name}@` : `${opening}${name}|${form}@`
}

function toStored(table: PathTable, text: string): string {
  const head = readHead(text)
  const path = head && table.paths.find(({ plain }) => head.interpreter.startsWith(`${plain}/`))
  if (head && path) {
    const rest = head.interpreter.slice(path.plain.length)
    if (!rest.includes(' ')) {
      const line = directShebang(
        token(path.name, 'shebang') + replacePaths(table, rest),
        replacePaths(table, head.options),
      )
      return line + replacePaths(table, text.slice(head.length))
    }
  }
  return replacePaths(table, text)
}

function replacePaths(table: PathTable, text: string): string {
  return text.replace(table.search, (match: string, url: unknown, shell: unknown, plain: unknown, at: unknown) => {
    if (match === opening) return escapedOpening
    if (typeof url === 'string') return token(table.byUrl.get(url)!.name, 'url')
    if (typeof shell === 'string') return token(table.byShell.get(shell)!.name, 'shell')
    const path = table.byPlain.get(plain as string)!
    const isWord = shellWordStart.test(text.slice(Math.max(0, (at as number) - 16), at as number))
    return token(path.name, isWord && path.shell === path.plain ? 'shell' : undefined)
  })
}

const anyToken = /@zagi:([A-Za-z0-9:+._?=-]*)(?:\|(url|shell|shebang))?@/g
const shebangToken = /^#!@zagi:([A-Za-z0-9:+._?=-]+)\|shebang@([^ \n]*)([^\n]*)\n/

function fromStored(table: PathTable, text: string): string {
  const line = shebangToken.exec(text)
  const path = line ? table.byName.get(line[1]!) : undefined
  if (!line || !path) return replaceTokens(table, text)
  const head: Omit<Head, 'length'> = {
    interpreter: path.plain + replaceTokens(table, line[2]!),
    options: replaceTokens(table, line[3]!),
  }
  return writeHead(head) + replaceTokens(table, text.slice(line[0].length))
}

/** Tokens of other machines, for which there is no path here, stay as they are. */
function replaceTokens(table: PathTable, text: string): string {
  return text.replace(anyToken, (match: string, name: string, form: Form | undefined) => {
    if (name === '' && form === undefined) return opening
    const path = table.byName.get(name)
    if (path === undefined) return match
    return form === 'url' ? path.url : form === 'shell' ? path.shell : path.plain
  })
}
