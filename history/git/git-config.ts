import { dirname, isAbsolute, join } from 'node:path'
import { readFileIfPresent, ZagiError } from '../../base/index.ts'

/** Values of Git configuration files by key: section and name in lower case, subsections as they are. */
export class GitConfig {
  readonly #values = new Map<string, string[]>()

  /** The value that counts, the last one; undefined where the key is not set. `user.email`, `remote.origin.url`. */
  get(key: string): string | undefined {
    return this.#values.get(key)?.at(-1)
  }

  /** True for `true`, `yes`, `on`, `1` and a name without a value. */
  isTrue(key: string): boolean {
    return ['true', 'yes', 'on', '1'].includes(this.get(key)?.toLowerCase() ?? '')
  }

  /** Keys that start with `prefix`. */
  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix))
  }

  add(key: string, value: string): void {
    const known = this.#values.get(key)
    if (known === undefined) this.#values.set(key, [value])
    else known.push(value)
  }
}

export interface ConfigSources {
  /** Files from the least to the most important; those that are absent are passed over. */
  files: string[]
  /** What `~` stands for. */
  home: string | undefined
  /** For `includeIf "gitdir:…"`. */
  gitFolder: string
}

const maximumIncludes = 10

/** Reads Git configuration files, with what they include. @throws ZagiError GIT_UNSUPPORTED where one is malformed */
export function readGitConfig(sources: ConfigSources): GitConfig {
  const config = new GitConfig()
  for (const file of sources.files) readFile(file, config, sources, 0)
  return config
}

function readFile(path: string, config: GitConfig, sources: ConfigSources, depth: number): void {
  const text = readFileIfPresent(path)?.toString('utf8')
  if (text === undefined || depth > maximumIncludes) return
  for (const [key, value] of parseGitConfig(text, path)) {
    config.add(key, value)
    const condition = /^includeif\.(.*)\.path$/s.exec(key)?.[1]
    if (key !== 'include.path' && (condition === undefined || !holds(condition, path, sources))) continue
    const target = expandHome(value, sources.home)
    readFile(isAbsolute(target) ? target : join(dirname(path), target), config, sources, depth + 1)
  }
}

/** `~/x` as a path below the home folder. */
export function expandHome(path: string, home: string | undefined): string {
  return home !== undefined && path.startsWith('~/') ? join(home, path.slice(2)) : path
}

// Of Git's conditions, the one that people use to have another address per folder of projects.
function holds(condition: string, file: string, sources: ConfigSources): boolean {
  const found = /^gitdir(\/i)?:(.*)$/s.exec(condition)
  if (found === null) return false
  let pattern = expandHome(found[2]!, sources.home)
  if (pattern.startsWith('./')) pattern = join(dirname(file), pattern.slice(2)) + (pattern.endsWith('/') ? '/' : '')
  else if (!isAbsolute(pattern)) pattern = `**/${pattern}`
  if (pattern.endsWith('/')) pattern += '**'
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (word) => {
    if (word === '**/') return '(?:.*/)?'
    if (word === '**') return '.*'
    if (word === '*') return '[^/]*'
    return word === '?' ? '[^/]' : `\\${word}`
  })
  return new RegExp(`^${source}$`, found[1] === undefined ? 's' : 'si').test(sources.gitFolder)
}

/** The key-value pairs of a configuration text, in order. */
export function parseGitConfig(text: string, path: string): [key: string, value: string][] {
  const found: [string, string][] = []
  let section = ''
  let number = 0
  const lines = text.replace(/^\ufeff/, '').split('\n')
  const fail = (): never => {
    throw new ZagiError('GIT_UNSUPPORTED', `Line ${number} of the Git configuration "${path}" cannot be read`, {
      hint: 'Run "git config --list" to see what is wrong with it',
    })
  }
  while (number < lines.length) {
    let line = lines[number++]!.trim()
    const header = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line)
    if (header !== null) {
      section = header[1]!.toLowerCase()
      if (header[2] !== undefined) section += `.${header[2].replace(/\\(.)/g, '$1')}`
      line = line.slice(header[0].length).trim()
    }
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const name = /^([A-Za-z][A-Za-z0-9-]*)\s*(=?)\s*/.exec(line) ?? fail()
    const key = `${section}.${name[1]!.toLowerCase()}`
    if (name[2] === '') {
      if (line.length > name[0].length && !/^[#;]/.test(line.slice(name[0].length))) fail()
      found.push([key, 'true'])
      continue
    }
    let raw = line.slice(name[0].length)
    // An odd number of backslashes at the end joins the next line.
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(raw) && number < lines.length) {
      raw = raw.slice(0, -1) + lines[number++]!.replace(/\r$/, '')
    }
    found.push([key, parseValue(raw) ?? fail()])
  }
  return found
}

const escapes: Record<string, string> = { n: '\n', t: '\t', b: '\b', '"': '"', '\\': '\\' }

function parseValue(raw: string): string | undefined {
  let value = ''
  let quoted = false
  // Blanks at the end do not count, unless they are quoted: kept until something follows.
  let blanks = ''
  for (let i = 0; i < raw.length; i++) {
    const character = raw[i]!
    if (!quoted && (character === '#' || character === ';')) break
    if (!quoted && /\s/.test(character)) {
      blanks += character
      continue
    }
    if (value !== '') value += blanks
    blanks = ''
    if (character === '"') quoted = !quoted
    else if (character === '\\') {
      const meant = escapes[raw[++i] ?? '']
      if (meant === undefined) return undefined
      value += meant
    } else value += character
  }
  return quoted ? undefined : value
}
