import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { errnoOf, throwIfInterrupted, ZagiError } from '../../base/index.ts'

/** The Nix of this machine. */
export interface Nix {
  /** The `nix` program: a path, or a name on PATH. */
  program: string
  /** The server's environment; only what Nix needs of it is handed on. */
  environment: Environment
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface NixRun {
  /** `nix-store` is taken from where `nix` is. */
  program?: 'nix' | 'nix-store'
  args: string[]
  signal?: AbortSignal | undefined
  /** Stopped after this time. */
  limitMs: number
  /** Takes each line of standard error. */
  onLine?(line: string): void
}

const handedOn =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_(CACHE|CONFIG|STATE)_HOME|(NIX_)?SSL_CERT_FILE|NIX_(CONFIG|CONF_DIR|USER_CONF_FILES|REMOTE|STATE_DIR|LOG_DIR|DAEMON_SOCKET_PATH)|(https?|all|no)_proxy)$/i

const maximumOutput = 64 << 20
const maximumLine = 16 << 10
/** What Nix gets to stop its builders before it is killed. */
const graceMs = 5000
const keptLines = 20

const features = ['--extra-experimental-features', 'nix-command flakes']

/**
 * Runs a program of Nix without a shell and answers its standard output.
 * @throws ZagiError MISSING_PROGRAM, INTERRUPTED, TOOL_FAILED with the last lines of what it said
 */
export async function runNix(nix: Nix, run: NixRun): Promise<string> {
  throwIfInterrupted(run.signal)
  const name = run.program ?? 'nix'
  const program = name === 'nix' || !nix.program.includes('/') ? pick(nix, name) : join(dirname(nix.program), name)
  const args = name === 'nix' ? [...features, ...run.args] : run.args
  const child = spawn(program, args, {
    env: { ...cleanEnvironment(nix.environment), LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be stopped.
    detached: true,
  })
  const output: Buffer[] = []
  const said: string[] = []
  let size = 0
  let stopped: 'signal' | 'limit' | 'output' | undefined
  let kill: NodeJS.Timeout | undefined
  const stop = (why: 'signal' | 'limit' | 'output') => {
    if (stopped !== undefined) return
    stopped = why
    killGroup(child, 'SIGTERM')
    kill = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
  }
  const limit = setTimeout(() => stop('limit'), run.limitMs)
  const onAbort = () => stop('signal')
  run.signal?.addEventListener('abort', onAbort, { once: true })

  child.stdout.on('data', (data: Buffer) => {
    size += data.length
    if (size > maximumOutput) stop('output')
    else output.push(data)
  })
  const lines = lineSplitter((line) => {
    said.push(line)
    if (said.length > keptLines) said.shift()
    run.onLine?.(line)
  })
  child.stderr.on('data', lines.add)

  return new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(notStarted(program, error)))
    child.on('exit', () => {
      if (stopped === undefined) return
      // Nobody else may hold the pipes open.
      killGroup(child, 'SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
    })
    child.on('close', (status) => {
      lines.end()
      if (stopped === 'signal') reject(new ZagiError('INTERRUPTED', 'Stopped'))
      else if (stopped === 'limit') reject(failed(`${name} took longer than ${Math.round(run.limitMs / 1000)} s`, said))
      else if (stopped === 'output') reject(failed(`${name} wrote more than ${maximumOutput} bytes`, said))
      else if (status !== 0) reject(failed(`${name} ended with status ${status}`, said))
      else resolve(Buffer.concat(output).toString())
    })
  }).finally(() => {
    clearTimeout(limit)
    clearTimeout(kill)
    run.signal?.removeEventListener('abort', onAbort)
  })
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It has ended.
  }
}

function pick(nix: Nix, name: 'nix' | 'nix-store'): string {
  return name === 'nix' ? nix.program : name
}

function cleanEnvironment(environment: Environment): Record<string, string> {
  const clean: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && handedOn.test(name)) clean[name] = value
  }
  return clean
}

function notStarted(program: string, error: Error): ZagiError {
  const why = errnoOf(error) === 'ENOENT' ? 'it is not installed' : error.message
  return new ZagiError('MISSING_PROGRAM', `The server could not start "${program}": ${why}`, {
    hint: 'Install Nix on the server, or give it a binary cache with its keys',
    cause: error,
  })
}

/** A TOOL_FAILED with the last lines of a log. */
export function failed(what: string, log: string[]): ZagiError {
  const lines = log.map(plainLine).filter((line) => line !== '')
  return new ZagiError('TOOL_FAILED', lines.length === 0 ? what : `${what}:\n${lines.join('\n')}`, {
    hint: 'The log of the server has more; the tool may need another version',
  })
}

/** A line of a log without colours and control characters, and not too long. */
export function plainLine(line: string): string {
  return line
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, '')
    .trimEnd()
    .slice(0, 300)
}

function lineSplitter(onLine: (line: string) => void) {
  let rest = ''
  const decoder = new TextDecoder()
  return {
    add: (data: Buffer) => {
      const lines = (rest + decoder.decode(data, { stream: true })).split('\n')
      // An endless line is cut: nothing in it is needed.
      rest = lines.pop()!.slice(0, maximumLine)
      for (const line of lines) onLine(line)
    },
    end: () => {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
