import { join } from 'node:path'
import type { DependencyFolder, FolderRule, Installation } from './dependency-folder.ts'
import { nodeManagers } from './node-managers.ts'
import { patchedPackages } from './patched-packages.ts'

const modules = 'node_modules/'

/**
 * How the files of a `node_modules` are kept: an answer for all files directly in one folder, so that it is worked out
 * once a folder and once a package.
 */
export function nodeModulesRules(project: string, folder: DependencyFolder): (directory: string) => FolderRule {
  if (folder.manager === 'python') throw new Error(`Bug: "${folder.path}" is not a node_modules`)
  const basePath = join(project, folder.base)
  const prefix = folder.base === '' ? '' : `${folder.base}/`
  const manager = nodeManagers[folder.manager]
  const packages = new Map<string, boolean | undefined>()
  let opened: { installation: Installation; patched: ReadonlySet<string> } | undefined

  const isPristine = (packageFolder: string, name: string): boolean | undefined => {
    if (packages.has(packageFolder)) return packages.get(packageFolder)
    opened ??= { installation: manager.open(basePath), patched: patchedPackages(basePath) }
    const answer = opened.patched.has(name) ? false : opened.installation.isPristine(packageFolder)
    packages.set(packageFolder, answer)
    return answer
  }

  return (directory) => {
    const path = `${directory.slice(prefix.length)}/`
    if (path.endsWith('node_modules/')) return (name) => (manager.mayHoldPaths(name) ? 'rewrite' : 'private')
    // Commands are links, or scripts that can hold absolute paths.
    if (path.endsWith('node_modules/.bin/')) return 'rewrite'
    for (let at = lastModules(path, path.length); at >= 0; at = lastModules(path, at - 1)) {
      const name = packageName(path, at + modules.length)
      // What is made beside the packages, such as `.prisma`, belongs to none of them.
      if (name.startsWith('.')) return 'private'
      const answer = isPristine(path.slice(0, at + modules.length + name.length), name)
      if (answer !== undefined) return answer ? 'shared' : 'private'
    }
    return 'private'
  }
}

/** Where the last path segment `node_modules` before `end` begins, or -1. */
function lastModules(path: string, end: number): number {
  let at = end < 0 ? -1 : path.lastIndexOf(modules, end)
  while (at > 0 && path[at - 1] !== '/') at = path.lastIndexOf(modules, at - 1)
  return at
}

/** `name` or `@scope/name` at a place in a path that ends with '/'. */
function packageName(path: string, at: number): string {
  let end = path.indexOf('/', at)
  if (path[at] === '@') end = path.indexOf('/', end + 1)
  return path.slice(at, end < 0 ? path.length : end)
}
