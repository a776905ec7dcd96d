import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The folder of the test catalog, its sources listed: a flake for `zagi serve --catalog`. */
export function testCatalog(): string {
  const script = join(import.meta.dirname, '../../scripts/make-catalog-sources.ts')
  return execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()
}

/** Runs one of Nix's programs and answers what it printed. Fails with a clear message where Nix is not installed. */
export function runNixTool(program: string, args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`"${program}" is not installed: run sh scripts/install-nix.sh`)
    }
    throw error
  }
}
