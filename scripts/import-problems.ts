import { circles, folderOf, type Import, importGraph, libraryOf, loadedWith, withoutComments } from './import-graph.ts'
import { entryPoints, folderRules, libraryRules, startUp, surroundings } from './import-rules.ts'
import type { Texts } from './tracked-files.ts'

const folders = Object.keys(folderRules)
const heavyFolders: readonly string[] = startUp.heavyFolders

/** Everything in the product's folders that breaks a rule of scripts/import-rules.ts, one sentence each. */
export function importProblems(texts: Texts): string[] {
  const imports = importGraph(texts, folders)
  return [
    ...imports.flatMap((one) => [...floorProblems(one), ...doorProblems(one), ...ownerProblems(one)]),
    ...circles(imports).map((way) => `${way[0]}: imports go in a circle: ${way.join(' → ')}`),
    ...startUpProblems(imports),
    ...surroundingsProblems(texts),
    ...libraryProblems(texts),
  ]
}

function place({ file, line }: Import): string {
  return `${file}:${line}`
}

function floorProblems(one: Import): string[] {
  const [from, to] = [folderOf(one.file), folderOf(one.target)]
  if (!one.target.endsWith('.ts') || from === to || libraryOf(one.target) !== undefined) return []
  const rule = folderRules[from]
  if (!rule || rule.mayImport.includes(to)) return []
  const allowed = rule.mayImport.map((folder) => `${folder}/`).join(', ') || 'nothing but Node'
  return [`${place(one)}: ${from}/ must not import "${one.target}": it may import ${allowed}, because ${rule.reason}`]
}

function doorProblems(one: Import): string[] {
  const [from, to] = [folderOf(one.file), folderOf(one.target)]
  if (!one.target.endsWith('.ts')) return []
  if (from === to) {
    if (one.target !== `${from}/index.ts` || one.file === one.target) return []
    return [`${place(one)}: a file imports its own folder's index.ts: name the file that has what it wants`]
  }
  if (one.target === `${to}/index.ts` || one.target in entryPoints) return []
  return [`${place(one)}: "${one.target}" is imported past the index.ts of its folder`]
}

function ownerProblems(one: Import): string[] {
  const library = libraryOf(one.target)
  if (library === undefined) return []
  const rule = libraryRules[library]
  if (!rule) return [`${place(one)}: the library "${library}" has no owner in scripts/import-rules.ts`]
  const isOwner = rule.owner.endsWith('/') ? one.file.startsWith(rule.owner) : one.file === rule.owner
  if (isOwner) return []
  return [`${place(one)}: "${library}" belongs to ${rule.owner} (${rule.reason}): ask there`]
}

function startUpProblems(imports: Import[]): string[] {
  const isHeavy = (target: string) => libraryOf(target) !== undefined || heavyFolders.includes(folderOf(target))
  // Only the first step to something heavy is the mistake; what that loads in turn is not reported.
  return [...loadedWith(startUp.entry, imports)]
    .filter(([target, askedBy]) => isHeavy(target) && !isHeavy(askedBy))
    .map(
      ([target, askedBy]) => `${askedBy}: "${target}" is loaded at every start: use await import() where it is needed`,
    )
}

function surroundingsProblems(texts: Texts): string[] {
  const problems: string[] = []
  for (const [path, text] of texts) {
    if (!path.endsWith('.ts') || !folders.includes(folderOf(path)) || folderOf(path) === 'cli') continue
    const suspects = surroundings.filter(({ pattern }) => pattern.test(text))
    const code = suspects.length > 0 ? withoutComments(text) : ''
    for (const { pattern, what } of suspects) {
      const word = pattern.exec(code)?.[0]
      if (word) problems.push(`${path}: "${word}": only cli/ touches ${what}; take it as a parameter`)
    }
  }
  return problems
}

/** Libraries of package.json and owners must be the same. */
function libraryProblems(texts: Texts): string[] {
  const listed = Object.keys(JSON.parse(texts.get('package.json') ?? '{}').dependencies ?? {})
  const owned = Object.keys(libraryRules)
  return [
    ...listed.filter((name) => !owned.includes(name)).map((name) => `package.json: "${name}" has no owner`),
    ...owned.filter((name) => !listed.includes(name)).map((name) => `scripts/import-rules.ts: no library "${name}"`),
  ]
}
