/** Who made a dependency folder. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'python'

export interface Package {
  name: string
  version: string
}

/** A folder that a package manager fills: a `node_modules` or a Python virtual environment. */
export interface DependencyFolder {
  /** Project-relative, '/'-separated: "packages/a/node_modules". */
  path: string
  manager: Manager
  /** How many packages it holds: copies count, links to packages do not. */
  packages: number
  /** Name and version of each, sorted, one entry a copy. */
  names: Package[]
}
