import { join } from 'node:path'
import type { Installation, NodeManager } from './dependency-folder.ts'
import { readJson, readText, record } from './lenient-reading.ts'
import { recordedInstallation } from './recorded-installation.ts'

/**
 * Classic yarn (1) leaves `.yarn-integrity`, which maps requests to archives; later ones leave `.yarn-state.yml`,
 * which maps packages to folders.
 */
export const yarn: NodeManager = {
  name: 'yarn',
  markers: ['.yarn-integrity', '.yarn-state.yml'],
  lockfiles: ['yarn.lock'],
  mayHoldPaths: () => false,
  open: openYarn,
}

function openYarn(base: string): Installation {
  const state = readText(join(base, 'node_modules', '.yarn-state.yml'))
  if (state !== undefined) {
    const folders = foldersFromRegistry(state)
    return recordedInstallation(base, (_, folder) => folders.has(folder))
  }
  const integrity = record(readJson(join(base, 'node_modules', '.yarn-integrity')))
  const recorded = packagesFromArchives(record(integrity['lockfileEntries']))
  return recordedInstallation(base, ({ name, version }) => recorded.has(`${name}@${version}`))
}

/** `name@version` of each entry whose address is that of a registry's archive and carries a hash. */
function packagesFromArchives(entries: Record<string, unknown>): Set<string> {
  const found = new Set<string>()
  for (const address of Object.values(entries)) {
    // https://HOST/@scope/name/-/name-1.2.3.tgz#hash
    const match = /^https?:\/\/[^#]*?\/((?:@[^/]+\/)?[^/]+)\/-\/([^/#]+)\.tgz#./.exec(String(address))
    if (!match) continue
    const name = match[1]!.replace(/%2f/i, '/')
    const bare = name.slice(name.indexOf('/') + 1)
    if (match[2]!.startsWith(`${bare}-`)) found.add(`${name}@${match[2]!.slice(bare.length + 1)}`)
  }
  return found
}

/** The folders of packages whose locator has the protocol `npm:`. Patched, linked and workspace packages do not. */
function foldersFromRegistry(state: string): Set<string> {
  const found = new Set<string>()
  let isFromRegistry = false
  for (const line of state.split('\n')) {
    if (line.startsWith('"')) isFromRegistry = /^"(?:@[^/"]+\/)?[^@"]+@npm:/.test(line)
    const folder = /^ {4}- "(.*)"$/.exec(line)?.[1]
    if (isFromRegistry && folder !== undefined) found.add(folder)
  }
  return found
}
