import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, lstatSync, statSync } from 'node:fs'
import { constants as system } from 'node:os'
import { delimiter, resolve } from 'node:path'
import { explainSystemError, ZagiError } from '../base/index.ts'
import type { Variables } from './activation.ts'

export interface RunOptions {
  /** The command's environment: what `applyActivation` made. */
  env: Record<string, string>
  cwd: string
  /** A terminal sends Ctrl-C to the command by itself: it is not sent a second time. */
  terminal: boolean
}

/** The file that a command word names, looked up as a shell does, on the PATH of `env`. @throws ZagiError COMMAND_NOT_FOUND */
export function findCommand(command: string, env: Variables, cwd: string): string {
  const isPath = command.includes('/')
  const folders = isPath ? [''] : (env['PATH'] ?? '').split(delimiter)
  // An empty entry of PATH means the current folder.
  const files = folders.map((folder) => (isPath ? resolve(cwd, command) : resolve(cwd, folder, command)))
  const found = command === '' ? undefined : files.find(isProgram)
  if (found !== undefined) return found
  const dangling = files.find(isLink)
  if (dangling !== undefined) {
    throw new ZagiError(
      'COMMAND_NOT_FOUND',
      `"${command}" is in the environment, but its tool is not on this machine`,
      {
        hint: 'Fetch it with: zagi pull',
      },
    )
  }
  const why = isPath ? 'it is not there, or not a program' : 'it is neither in the environment nor on PATH'
  throw new ZagiError('COMMAND_NOT_FOUND', `Could not run "${command}": ${why}`, {
    hint: `Look for a tool that brings it with: zagi search ${command.replace(/^.*\//, '') || 'NAME'}`,
  })
}

// A folder on PATH that may not be read has no programs for this user.
function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink()
  } catch {
    return false
  }
}

const handedOn: NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']
const fromTerminal: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a command with this process's standard streams and answers its exit status as a shell would: 128 + n after signal n.
 * Signals that this process gets meanwhile are handed on, so that it ends when the command does and not before.
 * @throws ZagiError COMMAND_NOT_FOUND, NOT_WRITABLE, SYSTEM
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<number> {
  const { env, cwd, terminal } = options
  const file = findCommand(command, env, cwd)
  let child: ChildProcess | undefined
  const handOn = (signal: NodeJS.Signals) => child?.kill(signal)
  const leave = () => {}
  // Before the command is started: a signal in between must not end this process alone.
  for (const signal of handedOn) process.on(signal, handOn)
  for (const signal of fromTerminal) process.on(signal, terminal ? leave : handOn)
  try {
    child = spawn(file, args, { env, cwd, stdio: 'inherit', argv0: command })
    return await ended(child, file)
  } finally {
    for (const signal of handedOn) process.off(signal, handOn)
    for (const signal of fromTerminal) process.off(signal, terminal ? leave : handOn)
  }
}

function ended(child: ChildProcess, file: string): Promise<number> {
  return new Promise((done, fail) => {
    child.on('error', (error) => fail(explainSystemError(error, 'run', file)))
    child.on('exit', (code, signal) => done(code ?? 128 + (system.signals[signal!] ?? 0)))
  })
}
