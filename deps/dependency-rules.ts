import { join } from 'node:path'
import { bytecodeCache, caches } from './caches.ts'
import type { DependencyFolder, FolderRule, Keeping } from './dependency-folder.ts'
import { nodeModulesRules } from './node-modules-rules.ts'
import { filesFromWheels, mayHoldPaths } from './python.ts'

export interface DependencyRules {
  /** True for caches: they change with every run and are not part of the dependencies. */
  exclude(path: string, isFolder: boolean): boolean
  /** Symbolic links are always 'rewrite': their targets can be absolute paths. */
  classify(path: string, isLink: boolean): Keeping
}

/**
 * The rules for all files in the given folders of a project. Paths are project-relative, '/'-separated; what lies
 * outside the folders is private and never excluded. Built to be asked for each file in turn, folder by folder:
 * what managers recorded is read when the first file of an installation is asked for.
 */
export function dependencyRules(project: string, folders: DependencyFolder[]): DependencyRules {
  const rules = folders.map((folder) => ({
    prefix: `${folder.path}/`,
    of: folder.manager === 'python' ? venvRules(project, folder.path) : nodeModulesRules(project, folder),
  }))
  let lastRules = rules[0]
  const rulesFor = (path: string) => {
    if (lastRules === undefined || !path.startsWith(lastRules.prefix)) {
      lastRules = rules.find(({ prefix }) => path.startsWith(prefix)) ?? lastRules
    }
    return lastRules !== undefined && path.startsWith(lastRules.prefix) ? lastRules : undefined
  }

  let lastFolder = ''
  let lastRule: FolderRule = 'private'
  return {
    exclude(path, isFolder) {
      if (!isFolder) return false
      const slash = path.lastIndexOf('/')
      const name = path.slice(slash + 1)
      if (name !== bytecodeCache && !(caches.has(name) && isInNodeModules(path, slash))) return false
      return rulesFor(path) !== undefined
    },
    classify(path, isLink) {
      if (isLink) return 'rewrite'
      const slash = path.lastIndexOf('/')
      if (slash !== lastFolder.length || !path.startsWith(lastFolder)) {
        lastFolder = path.slice(0, Math.max(slash, 0))
        lastRule = rulesFor(path)?.of(lastFolder) ?? 'private'
      }
      return typeof lastRule === 'string' ? lastRule : lastRule(path.slice(slash + 1))
    },
  }
}

function isInNodeModules(path: string, end: number): boolean {
  return path.endsWith('node_modules', end) && (end === 12 || path[end - 13] === '/')
}

function venvRules(project: string, venv: string): (directory: string) => FolderRule {
  let wheels: ReadonlySet<string> | undefined
  return (directory) => {
    wheels ??= filesFromWheels(join(project, venv))
    const fromWheels = wheels
    const folder = directory.slice(venv.length + 1)
    const prefix = folder === '' ? '' : `${folder}/`
    return (name) => {
      if (mayHoldPaths(join(project, venv), folder, name)) return 'rewrite'
      return fromWheels.has(prefix + name) ? 'shared' : 'private'
    }
  }
}
