import { join } from 'node:path'
import type { Installation, NodeManager, Package } from './dependency-folder.ts'
import { readJson, record } from './lenient-reading.ts'
import { packagesByWalking } from './node-package.ts'

/**
 * npm writes what it installed, folder by folder, into a hidden lockfile. It serves every workspace, and its keys are
 * paths relative to the folder npm was run in.
 */
export const npm: NodeManager = {
  name: 'npm',
  markers: ['.package-lock.json'],
  lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'],
  mayHoldPaths: () => false,
  open: openNpm,
}

function openNpm(base: string): Installation {
  const entries = new Map<string, Record<string, unknown>>()
  const lockfile = record(readJson(join(base, 'node_modules', '.package-lock.json')))
  for (const [path, entry] of Object.entries(record(lockfile['packages']))) entries.set(path, record(entry))
  return {
    packages: (folder) => (entries.size > 0 ? listed(entries, folder) : packagesByWalking(join(base, folder))),
    isPristine(packageFolder) {
      const entry = entries.get(packageFolder)
      // A bundled package came inside its parent's archive: what holds for the parent holds for it.
      if (entry === undefined || (entry['inBundle'] === true && entry['hasInstallScript'] !== true)) return undefined
      return typeof entry['integrity'] === 'string' && entry['hasInstallScript'] !== true && entry['link'] !== true
    },
  }
}

function listed(entries: ReadonlyMap<string, Record<string, unknown>>, folder: string): Package[] {
  const found: Package[] = []
  for (const [path, entry] of entries) {
    if (!path.startsWith(`${folder}/`) || entry['link'] === true) continue
    const folderName = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const { name, version } = entry
    found.push({
      name: typeof name === 'string' ? name : folderName,
      version: typeof version === 'string' ? version : '',
    })
  }
  return found
}
