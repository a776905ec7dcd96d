/** Who made a dependency folder. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'python'

/** How a file of a dependency folder is kept, see docs/dependency-folders.md. */
export type Keeping = 'shared' | 'private' | 'rewrite'

/** Answers for the files directly in one folder: the same for all, or by name. */
export type FolderRule = Keeping | ((name: string) => Keeping)

export interface Package {
  name: string
  version: string
}

/** A folder that a package manager fills: a `node_modules` or a Python virtual environment. */
export interface DependencyFolder {
  /** Project-relative, '/'-separated: "packages/a/node_modules". */
  path: string
  manager: Manager
  /**
   * The folder the manager was run in, '' for the project itself. The `node_modules` of workspaces have the root of
   * their workspace here, because only that one knows what was installed.
   */
  base: string
  /** How many packages it holds: copies count, links to packages do not. */
  packages: number
  /** Name and version of each, sorted, one entry a copy. */
  names: Package[]
  /** True where there is nothing but caches: not source, and nothing to keep either. */
  empty: boolean
}

/** What one manager knows about the packages below a base folder. Paths are relative to that folder. */
export interface Installation {
  /** The packages in a `node_modules`, unsorted. */
  packages(folder: string): Package[]
  /**
   * Whether a package's folder holds what the registry delivered and nothing else. `undefined`: nothing is known
   * about this folder, as for a `node_modules` that is part of another package's content.
   */
  isPristine(packageFolder: string): boolean | undefined
}

/** One package manager that fills `node_modules` folders. */
export interface NodeManager {
  readonly name: Exclude<Manager, 'python'>
  /** Files and folders directly in a `node_modules` that only this manager makes there. */
  readonly markers: readonly string[]
  /** Files beside a `node_modules` that tell the manager where no marker does. */
  readonly lockfiles: readonly string[]
  /** Whether a file directly in a `node_modules` holds absolute paths. */
  mayHoldPaths(name: string): boolean
  /** Reads what the manager recorded below `base`, an absolute path. Damaged records count as none. */
  open(base: string): Installation
}
