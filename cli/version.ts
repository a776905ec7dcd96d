import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// Defined by the build. This file is on the way to `--version`, so it loads nothing else.
declare const ZAGI_VERSION: string | undefined
declare const ZAGI_COMMIT: string

/** What this program is: baked in by the build, or read beside the sources. */
export function versionOf(): { version: string; commit: string } {
  if (typeof ZAGI_VERSION === 'string') return { version: ZAGI_VERSION, commit: ZAGI_COMMIT }
  const description = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  return { version: description.version, commit: 'from sources' }
}

/** "zagi 0.1.0 (1a2b3c4d5e)" */
export function versionLine(): string {
  const { version, commit } = versionOf()
  return `zagi ${version} (${commit})`
}
