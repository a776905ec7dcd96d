import { posix } from 'node:path'
import type { Texts } from './tracked-files.ts'

export interface Documented {
  /** The closed table of error codes with their exit statuses. */
  errorCodes: Readonly<Record<string, { exit: number }>>
  /** Folders of this machine whose names must not be in the repository: its own folder, the user's home. */
  machineFolders: readonly string[]
}

/** Everything in the documentation that is not so, one sentence each. */
export function docProblems(texts: Texts, { errorCodes, machineFolders }: Documented): string[] {
  return [
    ...linkProblems(texts),
    ...errorProblems(texts.get('docs/errors.md') ?? '', errorCodes),
    ...listProblems(texts, { folder: 'docs/decisions', list: 'docs/decisions/README.md' }),
    ...listProblems(texts, { folder: 'docs/formats', list: 'docs/architecture.md' }),
    ...machineProblems(texts, machineFolders),
  ]
}

function linkProblems(texts: Texts): string[] {
  const problems: string[] = []
  for (const [page, text] of texts) {
    if (!page.endsWith('.md')) continue
    for (const link of linksOf(text)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(path))
      if (!isThere(texts, target)) problems.push(`${page}: the link "${link}" leads nowhere`)
      else if (anchor && target.endsWith('.md') && !headings(texts.get(target) ?? '').has(anchor)) {
        problems.push(`${page}: the link "${link}" names a heading that is not there`)
      }
    }
  }
  return problems
}

/** Relative targets of a page's links, code left out. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s"[^"]*")?\)/g)].map((match) => match[1]!)
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
}

/** A file, or a folder that has one. */
function isThere(texts: Texts, target: string): boolean {
  const folder = target.endsWith('/') ? target : `${target}/`
  return texts.has(target) || target === '.' || [...texts.keys()].some((path) => path.startsWith(folder))
}

/** The anchors that hosts make of headings: lower case, punctuation dropped, blanks as hyphens. */
function headings(text: string): Set<string> {
  const lines = text.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '').matchAll(/^#+ +(.+)$/gm)
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
  return new Set([...lines].map((match) => anchor(match[1]!)))
}

function errorProblems(page: string, codes: Documented['errorCodes']): string[] {
  const rows = new Map<string, number>()
  const problems: string[] = []
  for (const [, code, exit] of page.matchAll(/^\| `([A-Z][A-Z0-9_]*)` +\| +(\d+) +\|/gm)) {
    if (rows.has(code!)) problems.push(`docs/errors.md: "${code}" is listed twice`)
    rows.set(code!, Number(exit))
  }
  for (const [code, { exit }] of Object.entries(codes)) {
    const written = rows.get(code)
    if (written === undefined) problems.push(`docs/errors.md: the error code "${code}" is missing`)
    else if (written !== exit) problems.push(`docs/errors.md: "${code}" exits with ${exit}, not ${written}`)
  }
  const unknown = [...rows.keys()].filter((code) => !Object.hasOwn(codes, code))
  return [...problems, ...unknown.map((code) => `docs/errors.md: there is no error code "${code}"`)]
}

/** Every page in a folder must be linked from the page that lists them. */
function listProblems(texts: Texts, { folder, list }: { folder: string; list: string }): string[] {
  const linked = new Set(
    linksOf(texts.get(list) ?? '').map((link) => posix.join(posix.dirname(list), link.split('#')[0]!)),
  )
  return [...texts.keys()]
    .filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.md') && path !== list && !linked.has(path))
    .map((path) => `${list}: there is no link to "${path}"`)
}

// Lockfiles and documents must serve people who use a mirror.
const registryHosts =
  /\b(?:registry\.npmjs\.org|registry\.yarnpkg\.com|npm\.jsr\.io|pypi\.org|files\.pythonhosted\.org)\b/

function machineProblems(texts: Texts, folders: readonly string[]): string[] {
  // A short path such as "/root" or "/app" is an ordinary word of documents and tests.
  const named = folders.filter((folder) => folder.split('/').length > 2)
  const problems: string[] = []
  for (const [path, text] of texts) {
    const host = registryHosts.exec(text)?.[0]
    if (host) problems.push(`${path}: names the registry "${host}"`)
    for (const folder of named)
      if (text.includes(folder)) problems.push(`${path}: has a path of this machine, "${folder}"`)
  }
  return problems
}
