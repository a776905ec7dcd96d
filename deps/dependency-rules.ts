import type { DependencyFolder } from './dependency-folder.ts'

/** How a file of a dependency folder is kept, see docs/dependency-folders.md. */
export type Keeping = 'shared' | 'private' | 'rewrite'

export interface DependencyRules {
  /** True for caches and other things that are not part of the dependencies. */
  exclude(path: string, isFolder: boolean): boolean
  classify(path: string, isLink: boolean): Keeping
}

/** The rules for all files in the given folders of a project. Paths are project-relative, '/'-separated. */
export function dependencyRules(_project: string, _folders: DependencyFolder[]): DependencyRules {
  throw new Error('Bug: not written yet')
}
