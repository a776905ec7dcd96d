import type { Variables } from './activation.ts'

export interface RunOptions {
  env: Record<string, string>
  cwd: string
  /** The terminal itself sends Ctrl-C to the command: do not send it a second time. */
  terminal: boolean
}

/** The file that a command word names, looked up on the PATH of `env`. @throws ZagiError COMMAND_NOT_FOUND */
export function findCommand(_command: string, _env: Variables, _cwd: string): string {
  throw new Error('Bug: not written yet')
}

/**
 * Runs a command with this process's standard streams and answers its exit status as a shell would: 128 + n after signal n.
 * Signals that this process gets meanwhile are handed on. @throws ZagiError COMMAND_NOT_FOUND, NOT_READABLE, …
 */
export function runCommand(_command: string, _args: readonly string[], _options: RunOptions): Promise<number> {
  throw new Error('Bug: not written yet')
}
