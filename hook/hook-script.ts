import { activationNames } from '../envs/index.ts'
import { bashHook } from './bash.ts'
import { fishHook } from './fish.ts'
import type { HookParts } from './hook-parts.ts'
import { zshHook } from './zsh.ts'

export type HookShell = 'bash' | 'zsh' | 'fish'

export interface HookOptions {
  /** The zagi program, for the one thing a shell cannot do itself: making the short way to tools again after a restart. */
  program: string
}

const hooks: Record<HookShell, (parts: HookParts) => string> = { bash: bashHook, zsh: zshHook, fish: fishHook }

/** The text that `eval "$(zagi hook SHELL)"` evaluates. */
export function hookScript(shell: HookShell, { program }: HookOptions): string {
  return hooks[shell]({ names: activationNames, program: quoted(shell, program) })
}

function quoted(shell: HookShell, word: string): string {
  // Inside single quotes fish knows two escapes, the other shells none.
  if (shell === 'fish') return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return `'${word.replaceAll("'", "'\\''")}'`
}
