import ignore from 'ignore'

/** The ignore rules that hold in one folder: its own .gitignore, those above it, and the repository's and user's lists. */
export interface IgnoreRules {
  /** `path` is relative to the project. Ask only where the folders above are not ignored themselves. */
  ignores(path: string, isFolder: boolean): boolean
  /** The rules in a folder that has a .gitignore of its own. */
  within(folder: string, gitignore: string): IgnoreRules
}

/**
 * The rules at the top of a project.
 * @param lists texts in the format of .gitignore, from the least to the most important
 */
export function ignoreRules(lists: readonly string[], ignoreCase: boolean): IgnoreRules {
  const rules = ignore({ ignorecase: ignoreCase })
  for (const text of lists) rules.add(patternsOf(text, ''))
  return wrap(rules, ignoreCase)
}

// All sources become one list, because in Git too the last match decides, deeper files counting as later ones. A pattern
// of a nested .gitignore gets its folder in front, which is what being relative to it means.
function wrap(rules: ReturnType<typeof ignore>, ignoreCase: boolean): IgnoreRules {
  return {
    ignores: (path, isFolder) => rules.ignores(bytewise(isFolder ? `${path}/` : path)),
    within(folder, gitignore) {
      const patterns = patternsOf(gitignore, folder)
      return patterns.length === 0
        ? this
        : wrap(ignore({ ignorecase: ignoreCase }).add(rules).add(patterns), ignoreCase)
    },
  }
}

function patternsOf(text: string, folder: string): string[] {
  const lines = bytewise(text.replace(/^\ufeff/, '')).split('\n')
  const prefix = folder === '' ? '' : `/${bytewise(folder).replace(/[\\*?[]/g, '\\$&')}`
  return lines.flatMap((line) => placed(line.replace(/\r$/, ''), prefix))
}

// Git matches bytes: "?" is one byte of "é", not the letter. So each byte becomes a character here.
function bytewise(text: string): string {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text).toString('latin1') : text
}

function placed(line: string, prefix: string): string[] {
  if (line === '' || line.startsWith('#')) return []
  const negative = line.startsWith('!')
  const body = trimmed(negative ? line.slice(1) : line)
  const sign = negative ? '!' : ''
  return spelled(body).map((pattern) => {
    if (prefix === '') return `${sign}${/^[!#]/.test(pattern) ? '\\' : ''}${pattern}`
    if (/\/(?!$)/.test(pattern)) return `${sign}${prefix}/${pattern.replace(/^\//, '')}`
    return `${sign}${prefix}/**/${pattern}`
  })
}

// Git takes spaces at the end away, unless they are quoted.
function trimmed(body: string): string {
  const end = /( +)$/.exec(body)
  if (end === null) return body
  const kept = body.slice(0, end.index)
  return isWhole(kept) ? kept : `${kept} `
}

/** False where the text ends in a backslash that quotes nothing. */
function isWhole(text: string): boolean {
  return /\\*$/.exec(text)![0].length % 2 === 0
}

/**
 * A pattern as one or two that the library understands as Git does. It differs in what Git makes of stars that do not
 * fill a folder's name, and of quoted slashes.
 */
function spelled(body: string): string[] {
  // Matches nothing: a lone slash, a quoted slash at the start, a backslash that quotes nothing.
  if (/^\/?$|^\/?\\\//.test(body) || !isWhole(body)) return []
  // A quoted slash separates folders, but "**\/b" wants at least one folder where "**/b" does not.
  const plain = body
    .replace(/^(\/?[^*?[\\]*[^*?[\\/])\*{2,}\\\/(?!$)/, '$1*/**/')
    .replace(/(^|\/)\*{2,}\\\/(?!$)/g, '$1*/**/')
    .replace(/\\(.)(?!$)/gs, (quoted, character) => (character === '/' ? '/' : quoted))
  if (!/\/(?!$)/.test(plain)) return [plain.replace(/\*{2,}/g, '*')]
  // What precedes the first wildcard is taken literally and the rest is a pattern of its own: so "a**/b" means "ab" and
  // "a<anything>/…/b", and "x/a**" also what is below.
  const found = /^(\/?)([^*?[\\]*[^*?[\\/])\*{2,}(?:\/(.+))?$/s.exec(plain)
  if (found === null) return [plain]
  const [, , start = '', rest] = found
  return rest === undefined
    ? [`/${start}*`, `/${start}*/**`]
    : [...spelled(`/${start}${rest}`), `/${start}*/**/${rest}`]
}
