import type { HookShell } from '../../hook/index.ts'
import { type Suite, suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { need, type SessionOptions, ShellSession } from './shell-session.ts'

export const shells: HookShell[] = ['bash', 'zsh', 'fish']

/** Starts an interactive shell, of the kind under test or another one, with the test's home folder. */
export type Open = (options?: Partial<SessionOptions>, other?: HookShell) => ShellSession

export type ShellTest = (context: { shell: HookShell; home: string; open: Open }) => Promise<void>

/** A suite of tests that run in real interactive shells, each in all three unless told otherwise. */
export function shellSuite(name: string): (what: string, body: ShellTest, only?: HookShell[]) => void {
  const test: Suite = suite(name)
  test.before(() => need('tmux', 'bash', 'zsh', 'fish', 'strace'))
  return (what, body, only = shells) => {
    for (const shell of only) test(`${shell}: ${what}`, () => inShells(shell, body))
  }
}

async function inShells(shell: HookShell, body: ShellTest): Promise<void> {
  const home = temporaryFolder(`hook-${shell}`)
  const sessions: ShellSession[] = []
  const open: Open = (options = {}, other = shell) => {
    const session = new ShellSession(other, { home, ...options })
    sessions.push(session)
    return session
  }
  try {
    await body({ shell, home, open })
  } finally {
    for (const session of sessions) session.close()
  }
}
