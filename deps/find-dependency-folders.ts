import type { DependencyFolder } from './dependency-folder.ts'

export interface FindOptions {
  /** True for project-relative folders that are not looked into. */
  skip?(path: string): boolean
}

/** All dependency folders of a project, sorted by path: none lies inside another. */
export function findDependencyFolders(_project: string, _options: FindOptions = {}): DependencyFolder[] {
  throw new Error('Bug: not written yet')
}
