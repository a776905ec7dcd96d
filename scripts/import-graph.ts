import { posix } from 'node:path'
import { transformSync } from 'esbuild'
import type { Texts } from './tracked-files.ts'

export interface Import {
  file: string
  line: number
  /** A path in the repository for relative imports, else as it is written: "undici", "node:fs". */
  target: string
  /** `lazy`: import() or require(), not loaded with the file. */
  kind: 'value' | 'type' | 'lazy'
}

// Statements begin at the start of a line: the formatter sees to it.
const statement = /^(?:import|export)\s+(type\s+)?(?:[\w$*{}\s,]+?\s+from\s+)?'([^'\n]+)'/gm
const call = /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g

/** Everything a TypeScript file imports. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind'], at: number) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier
    found.push({ file, line: text.slice(0, Math.max(at, 0)).split('\n').length, target, kind })
  }
  for (const match of text.matchAll(statement)) add(match[2]!, match[1] ? 'type' : 'value', match.index)
  for (const match of withoutComments(text).matchAll(call)) add(match[1]!, 'lazy', text.indexOf(`'${match[1]}'`))
  return found
}

/** The code as JavaScript, without comments and types: what text checks look at. */
export function withoutComments(text: string): string {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } }
  return transformSync(text, { loader: 'ts', legalComments: 'none', tsconfigRaw }).code
}

/** The imports of all TypeScript files in some folders of the repository. */
export function importGraph(texts: Texts, folders: readonly string[]): Import[] {
  const found: Import[] = []
  for (const [path, text] of texts) {
    if (path.endsWith('.ts') && folders.includes(folderOf(path))) found.push(...importsOf(path, text))
  }
  return found
}

/** The folder at the root that a path lies in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.indexOf('/'), 0))
}

/** The name of a library without the path inside it; undefined for Node's own modules and for files. */
export function libraryOf(target: string): string | undefined {
  if (target.includes(':') || target.endsWith('.ts')) return undefined
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Circles of what files load, each once, as the files on the way round. Types load nothing and do not count. */
export function circles(imports: readonly Import[]): string[][] {
  const edges = Map.groupBy(
    imports.filter(({ kind }) => kind === 'value'),
    ({ file }) => file,
  )
  const found: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, way: string[]) => {
    const at = way.indexOf(file)
    if (at >= 0) found.push([...way.slice(at), file])
    if (at >= 0 || done.has(file)) return
    for (const { target } of edges.get(file) ?? []) visit(target, [...way, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return found
}

/** Everything that loading `entry` loads, with the file that first asks for it. */
export function loadedWith(entry: string, imports: readonly Import[]): Map<string, string> {
  const edges = Map.groupBy(
    imports.filter(({ kind }) => kind === 'value'),
    ({ file }) => file,
  )
  const askedBy = new Map<string, string>([[entry, '']])
  for (const file of askedBy.keys()) {
    for (const { target } of edges.get(file) ?? []) if (!askedBy.has(target)) askedBy.set(target, file)
  }
  return askedBy
}
