import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface Result {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface CallOptions {
  /** Default: the machine's home folder. */
  cwd?: string
  env?: Record<string, string>
  input?: string
}

/** A user account with a home folder of its own, and nothing of the caller's environment. */
export interface Machine {
  home: string
  env: Record<string, string>
  /** Runs zagi. */
  zagi(args: string[], options?: CallOptions): Result
  /** As `zagi`, and fails unless the status is 0. Answers standard output. */
  ok(args: string[], options?: CallOptions): string
  /** Runs any program with the same environment. */
  run(program: string, args: string[], options?: CallOptions): Result
}

let compiled: string | undefined

const sources = [process.execPath, join(import.meta.dirname, '../../cli/main.ts')]

/** A new account. `program` is the zagi to run: the packaged binary, or by default the sources. */
export function machine(options: { program?: string[]; env?: Record<string, string> } = {}): Machine {
  const program = options.program ?? sources
  const home = join(temporaryFolder('m'), 'h')
  mkdirSync(home)
  const env = { HOME: home, USER: 'tester', PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'dumb', ...options.env }
  if (options.program === undefined) {
    // The sources are compiled once for each test file, not by each process.
    compiled ??= temporaryFolder('compiled')
    Object.assign(env, { NODE_COMPILE_CACHE: compiled })
  }
  const run = (file: string, args: string[], call: CallOptions = {}): Result => {
    const { cwd = home, input = '' } = call
    const spawned = spawnSync(file, args, {
      cwd,
      input,
      env: { ...env, ...call.env },
      encoding: 'utf8',
      timeout: 120_000,
    })
    return plain(spawned)
  }
  const zagi = (args: string[], call?: CallOptions) => run(program[0]!, [...program.slice(1), ...args], call)
  const ok = (args: string[], call?: CallOptions) => {
    const result = zagi(args, call)
    if (result.status !== 0) {
      throw new Error(
        `zagi ${args.join(' ')} ended with ${result.status ?? result.signal}\n${result.stdout}${result.stderr}`,
      )
    }
    return result.stdout
  }
  return { home, env, zagi, ok, run }
}

function plain({ status, signal, stdout, stderr, error }: SpawnSyncReturns<string>): Result {
  if (error !== undefined && status === null && signal === null) throw error
  return { status, signal, stdout, stderr }
}

/** What npm needs to reach its registry from an account without settings of its own: this account's, and its authorities. */
export function npmSettings(): Record<string, string> {
  return {
    npm_config_userconfig: join(homedir(), '.npmrc'),
    NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] || '/etc/ssl/certs/ca-certificates.crt',
  }
}
