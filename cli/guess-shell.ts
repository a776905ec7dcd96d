import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ZagiError } from '../base/index.ts'
import type { HookShell } from '../hook/index.ts'

const shells: readonly string[] = ['bash', 'zsh', 'fish']

/** The shell that a word of the command line names. @throws ZagiError USAGE */
export function parseShell(word: string): HookShell {
  if (shells.includes(word)) return word as HookShell
  throw new ZagiError('USAGE', `There is no hook for the shell "${word}"`, {
    hint: `Choose one of: ${shells.join(', ')}`,
  })
}

/**
 * The shell that asks: the parent process, or the login shell where that is something else.
 * @throws ZagiError USAGE where neither is a shell with a hook
 */
export function guessShell(loginShell: string | undefined): HookShell {
  for (const name of [parentName(), loginShell && basename(loginShell)]) {
    if (name !== undefined && shells.includes(name)) return name as HookShell
  }
  throw new ZagiError('USAGE', 'Could not tell which shell the hook is for', {
    hint: `Name it: zagi hook ${shells.join(' | zagi hook ')}`,
  })
}

// A login shell calls itself "-bash" only in its arguments, not here.
function parentName(): string | undefined {
  try {
    return readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}
