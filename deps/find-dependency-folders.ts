import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, explainSystemError } from '../base/index.ts'
import { caches } from './caches.ts'
import type { DependencyFolder, Installation, Manager, NodeManager, Package } from './dependency-folder.ts'
import { nodeManagerOf, nodeManagers } from './node-managers.ts'
import { pythonPackages, venvMarker } from './python.ts'

export interface FindOptions {
  /**
   * True for project-relative folders that are not looked into, such as ignored build results. Dependency folders
   * themselves are found even where it is true for them, because most projects ignore those too.
   */
  skip?(path: string): boolean
}

interface Found {
  path: string
  manager: Manager
  base: string
  empty: boolean
}

/**
 * All dependency folders of a project, sorted by path; none lies inside another. Folders that vanish meanwhile or
 * may not be read are passed over, as Git does. `.git`, `.zagi` and
 * nested Git repositories are never looked into, links never followed.
 * @throws ZagiError for other answers of the operating system
 */
export function findDependencyFolders(project: string, options: FindOptions = {}): DependencyFolder[] {
  const found: Found[] = []
  walk({ project, found, skip: options.skip ?? (() => false) }, '', list(project, ''), undefined)
  const installations = new Map<string, Installation>()
  return found.map((folder) => withPackages(project, folder, installations)).sort((a, b) => (a.path < b.path ? -1 : 1))
}

interface Walk {
  project: string
  found: Found[]
  skip(path: string): boolean
}

/** Where the `node_modules` folders of a workspace got their packages from. */
interface Base {
  manager: NodeManager
  path: string
}

function walk(state: Walk, folder: string, entries: Dirent[], above: Base | undefined): void {
  // A repository of its own has dependencies of its own.
  if (folder !== '' && entries.some(({ name }) => name === '.git')) return
  let base = above
  if (entries.some((entry) => entry.name === 'node_modules' && entry.isDirectory())) {
    const path = child(folder, 'node_modules')
    const inside = list(state.project, path).map((entry) => entry.name)
    const beside = entries.map((entry) => entry.name)
    const own = nodeManagerOf(join(state.project, path), inside, beside)
    if (own) base = { manager: own, path: folder }
    const { manager, path: basePath } = base ?? { manager: nodeManagers.npm, path: folder }
    const empty = inside.every((name) => caches.has(name))
    state.found.push({ path, manager: manager.name, base: basePath, empty })
  }
  for (const entry of entries) {
    if (!entry.isDirectory() || neverEntered.has(entry.name)) continue
    const path = child(folder, entry.name)
    if (existsSync(join(state.project, path, venvMarker))) {
      state.found.push({ path, manager: 'python', base: folder, empty: false })
    } else if (!state.skip(path)) {
      walk(state, path, list(state.project, path), base)
    }
  }
}

const neverEntered: ReadonlySet<string> = new Set(['.git', '.zagi', 'node_modules'])

function child(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function list(project: string, folder: string): Dirent[] {
  const path = join(project, folder)
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (folder !== '' && ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(errno)) return []
    throw explainSystemError(error, 'list the folder', path)
  }
}

function withPackages(project: string, folder: Found, installations: Map<string, Installation>): DependencyFolder {
  const names = folder.manager === 'python' ? pythonPackages(join(project, folder.path)) : []
  if (folder.manager !== 'python') {
    const key = `${folder.manager} ${folder.base}`
    const open = () => nodeManagers[folder.manager as NodeManager['name']].open(join(project, folder.base))
    const installation = installations.get(key) ?? open()
    installations.set(key, installation)
    names.push(...installation.packages(folder.base === '' ? folder.path : folder.path.slice(folder.base.length + 1)))
  }
  return { ...folder, packages: names.length, names: names.sort(byName) }
}

function byName(a: Package, b: Package): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0
}
