import { execFileSync } from 'node:child_process'
import { testCatalog } from '../helpers/test-catalog.ts'

/** The test catalog as a flake address. @throws Error where Nix is not ready, saying how to install it */
export function catalogFlake(): string {
  try {
    runNixTool('nix-store', ['--init'])
    runNixTool('nix', ['eval', '--expr', '1'])
  } catch (error) {
    throw new Error('This test needs real Nix: run sh scripts/install-nix.sh (scripts/test.sh does)', { cause: error })
  }
  return `path:${testCatalog()}`
}

/** Runs a program of Nix and answers what it printed. */
export function runNixTool(program: 'nix' | 'nix-store', args: string[]): string {
  const flags = program === 'nix' ? ['--extra-experimental-features', 'nix-command flakes'] : []
  return execFileSync(program, [...flags, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
