import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Package } from './dependency-folder.ts'
import { foldersIn, readJson, record } from './lenient-reading.ts'

/** What a package's own package.json says. */
export interface NodePackage extends Package {
  /** It has a script that runs at installation, so its files may differ from those of the registry. */
  hasInstallScript: boolean
}

/** Reads `<folder>/package.json`; undefined unless it has a name and a version. */
export function readNodePackage(folder: string): NodePackage | undefined {
  const content = record(readJson(join(folder, 'package.json')))
  const { name, version } = content
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  const scripts = record(content['scripts'])
  const hasInstallScript =
    'preinstall' in scripts ||
    'install' in scripts ||
    'postinstall' in scripts ||
    // Managers run node-gyp where there is a binding.gyp, also without a script.
    (content['gypfile'] !== false && existsSync(join(folder, 'binding.gyp')))
  return { name, version, hasInstallScript }
}

/** The packages in a `node_modules`: real folders at any depth, also in the virtual stores of pnpm and bun. */
export function packagesByWalking(nodeModules: string): Package[] {
  const found: Package[] = []
  const visitModules = (folder: string) => {
    for (const name of foldersIn(folder)) {
      const path = join(folder, name)
      if (name === '.pnpm' || name === '.bun') {
        for (const entry of foldersIn(path)) {
          const known = packageOfStoreFolder(entry)
          if (known) found.push(known)
          else if (entry !== 'node_modules') visitModules(join(path, entry, 'node_modules'))
        }
      } else if (name.startsWith('@')) {
        for (const scoped of foldersIn(path)) visitPackage(join(path, scoped))
      } else if (!name.startsWith('.')) {
        visitPackage(path)
      }
    }
  }
  const visitPackage = (folder: string) => {
    const content = readNodePackage(folder)
    if (content) found.push({ name: content.name, version: content.version })
    const nested = join(folder, 'node_modules')
    if (existsSync(nested)) visitModules(nested)
  }
  visitModules(nodeModules)
  return found
}

/**
 * The package that pnpm or bun keep in a folder of their virtual store, by its name: "@scope+name@1.0.0_peer@2.0.0",
 * "name@1.0.0+hash". Undefined for what did not come from a registry. Reading 1,000 files is what this saves.
 */
function packageOfStoreFolder(folder: string): Package | undefined {
  const match = /^((?:@[^@+]+\+)?[^@+]+)@(\d+\.\d+\.\d+[^_+()]*)(?:[_+(].*)?$/.exec(folder)
  return match ? { name: match[1]!.replace('+', '/'), version: match[2]! } : undefined
}
