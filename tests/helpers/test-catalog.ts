import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The folder of the test catalog, its sources listed: a flake for `zagi serve --catalog`. */
export function testCatalog(): string {
  const script = join(import.meta.dirname, '../../scripts/make-catalog-sources.ts')
  return execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()
}
