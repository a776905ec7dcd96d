import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names of the packages that patch-package changes in place at each installation, from its files
 * `patches/NAME+VERSION.patch`, `patches/@SCOPE+NAME+VERSION.patch` and `patches/PARENT++NAME+VERSION.patch`.
 */
export function patchedPackages(base: string): Set<string> {
  const found = new Set<string>()
  for (const file of patchFiles(base)) {
    const parts = (file.split('++').at(-1) ?? '').split('+')
    if (parts.length < 2) continue
    found.add(parts[0]!.startsWith('@') ? `${parts[0]}/${parts[1]}` : parts[0]!)
  }
  return found
}

function patchFiles(base: string): string[] {
  try {
    return readdirSync(join(base, 'patches')).filter((name) => name.endsWith('.patch'))
  } catch {
    return []
  }
}
