import { join } from 'node:path'
import type { Installation, NodeManager } from './dependency-folder.ts'
import { readText, record } from './lenient-reading.ts'
import { recordedInstallation } from './recorded-installation.ts'

/**
 * bun leaves a `.bun` folder where it keeps packages apart, and no trace in a flat `node_modules`: there the
 * lockfile beside it tells. A binary `bun.lockb` is not read, so that its packages stay private.
 */
export const bun: NodeManager = {
  name: 'bun',
  markers: ['.bun'],
  lockfiles: ['bun.lock', 'bun.lockb'],
  mayHoldPaths: () => false,
  open: openBun,
}

function openBun(base: string): Installation {
  const recorded = packagesWithHash(readText(join(base, 'bun.lock')) ?? '')
  return recordedInstallation(base, ({ name, version }) => recorded.has(`${name}@${version}`))
}

/** `name@version` of each package that has a hash: `"key": ["name@version", "", { … }, "sha512-…"]`. */
function packagesWithHash(lockfile: string): Set<string> {
  const found = new Set<string>()
  for (const entry of Object.values(record(parseTrailingCommas(lockfile)['packages']))) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue
    if (/^sha\d+-/.test(String(entry.at(-1)))) found.add(entry[0])
  }
  return found
}

// bun.lock is JSON except for commas before closing brackets.
function parseTrailingCommas(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, '$1')))
  } catch {
    return {}
  }
}
