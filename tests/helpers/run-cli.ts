import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface CliResult {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  cwd?: string
  /** Added to an environment that has nothing but HOME, USER and PATH; undefined takes one away. */
  env?: Record<string, string | undefined>
  /** Standard input; empty if left out. */
  input?: string
  /** Leave standard input open: the process has to be ended by a signal. */
  keepInputOpen?: boolean
  /** The packaged binary; the sources if left out. */
  program?: string
  /** Called when the process runs. */
  started?(child: ChildProcess): void
}

const root = join(import.meta.dirname, '../..')
let home: string | undefined
let cache: string | undefined

/** The home folder that {@link runCli} uses unless told otherwise: one for each test file. */
export function cliHome(): string {
  home ??= temporaryFolder('home')
  return home
}

/** Program and leading words that start the command line from its sources, or the packaged binary. */
export function cliCommand(program?: string): [string, string[]] {
  return program === undefined ? [process.execPath, [join(root, 'cli/main.ts')]] : [program, []]
}

export function cliEnvironment(changes: Record<string, string | undefined> = {}): Record<string, string> {
  // The sources are compiled once for each test file, not by each process.
  cache ??= temporaryFolder('compiled')
  const path = process.env['PATH'] ?? '/usr/bin:/bin'
  const all = { HOME: cliHome(), USER: 'tester', PATH: path, NODE_COMPILE_CACHE: cache, ...changes }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

/** Runs one command line to its end. */
export function runCli(words: string[], options: CliOptions = {}): Promise<CliResult> {
  const [program, leading] = cliCommand(options.program)
  const spawnOptions: SpawnOptions = { cwd: options.cwd ?? cliHome(), env: cliEnvironment(options.env), stdio: 'pipe' }
  const child = spawn(program, [...leading, ...words], spawnOptions)
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
    child.stdin?.on('error', () => {})
    if (!options.keepInputOpen) child.stdin?.end(options.input ?? '')
    options.started?.(child)
  })
}

/** The objects that `--json` printed; fails where a line is none. */
export function jsonLines(text: string): Record<string, unknown>[] {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error(`The output does not end in a line feed: ${JSON.stringify(text)}`)
  return lines.map((line) => {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) throw new Error(`Not an object: ${line}`)
    return value as Record<string, unknown>
  })
}
