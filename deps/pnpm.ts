import { join } from 'node:path'
import type { Installation, NodeManager } from './dependency-folder.ts'
import { readText } from './lenient-reading.ts'
import { recordedInstallation } from './recorded-installation.ts'

/**
 * pnpm keeps real packages in `node_modules/.pnpm/<name>@<version>/node_modules/<name>` and links them from
 * everywhere else. `.pnpm/lock.yaml` is the lockfile as it was installed.
 */
export const pnpm: NodeManager = {
  name: 'pnpm',
  markers: ['.modules.yaml', '.pnpm', '.pnpm-workspace-state-v1.json'],
  lockfiles: ['pnpm-lock.yaml'],
  mayHoldPaths: (name) => name === '.modules.yaml' || name.startsWith('.pnpm-workspace-state'),
  open: openPnpm,
}

function openPnpm(base: string): Installation {
  const installed = readText(join(base, 'node_modules', '.pnpm', 'lock.yaml'))
  const recorded = packagesWithIntegrity(installed ?? '')
  return recordedInstallation(base, ({ name, version }) => recorded.has(`${name}@${version}`))
}

/**
 * Each `name@version` with an integrity in the `packages` section of a pnpm lockfile. Git and folder dependencies
 * have none. Only lines of the form that pnpm itself writes are understood; others leave their package unknown.
 */
export function packagesWithIntegrity(lockfile: string): Set<string> {
  const found = new Set<string>()
  let name = ''
  let version = ''
  let isInPackages = false
  let hasIntegrity = false
  const finish = () => {
    if (hasIntegrity) found.add(`${name}@${version}`)
    hasIntegrity = false
  }
  for (const line of lockfile.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (!line.startsWith(' ')) {
      finish()
      isInPackages = line === 'packages:'
    } else if (isInPackages && !line.startsWith('   ')) {
      finish()
      const key = line.trim().replace(/:$/, '').replace(/^'|'$/g, '')
      ;({ name, version } = splitKey(key))
    } else if (isInPackages && line.startsWith('    resolution: {integrity: ')) {
      hasIntegrity = true
    } else if (isInPackages && line.startsWith('    version: ')) {
      // The key of a package from an archive names the archive; its version stands on a line of its own.
      version = line.slice('    version: '.length)
    }
  }
  finish()
  return found
}

/** "name@1.0.0", "@scope/name@1.0.0", and "/name@1.0.0(peer@2.0.0)" as lockfile version 6 has it. */
function splitKey(key: string): { name: string; version: string } {
  const plain = key.replace(/^\//, '').replace(/\(.*$/, '')
  const at = plain.indexOf('@', 1)
  return { name: plain.slice(0, at), version: plain.slice(at + 1) }
}
