import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Package } from './dependency-folder.ts'

/** What a package's own package.json says. */
export interface NodePackage extends Package {
  /** It has a script that runs at installation, so its files may differ from those of the registry. */
  hasInstallScript: boolean
}

const maximumBytes = 64 * 1024 * 1024

/** Reads a text file; undefined where there is none that can be read, or where it is absurdly large. */
export function readText(path: string): string | undefined {
  try {
    if (statSync(path).size > maximumBytes) return undefined
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Reads a JSON file; undefined as {@link readText} has it, and where it is damaged. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path) ?? 'null')
  } catch {
    return undefined
  }
}

/** The value as an object with unknown properties, or an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
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
    visitModules(join(folder, 'node_modules'))
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

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}
