import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Result } from './machine.ts'
import { temporaryFolder } from './temporary-folder.ts'

const script = join(import.meta.dirname, '../../scripts/bare-machine.sh')

/** A minimal Debian with an ordinary user and nothing else, see scripts/bare-machine.sh. */
export interface BareMachine {
  /** The address by which it reaches this host: listen here. */
  host: string
  /** Words that start a command on it, for a terminal. */
  enter: string[]
  /** Runs a line of sh on it, as its user. */
  run(line: string, input?: string): Result
  /** As `run`, and fails unless the status is 0. Answers standard output. */
  ok(line: string, input?: string): string
  remove(): void
}

/** Starts a machine. `number` (1 to 250) names its cable: different for machines that run at once. */
export function bareMachine(number: number): BareMachine {
  const folder = join(temporaryFolder('bare'), 'm')
  execFileSync('sh', [script, 'up', folder, String(number)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const enter = ['sh', script, 'run', folder]
  const run = (line: string, input = ''): Result => {
    const [program = '', ...words] = [...enter, 'sh', '-c', line]
    const { status, signal, stdout, stderr } = spawnSync(program, words, { input, encoding: 'utf8', timeout: 300_000 })
    return { status, signal, stdout, stderr }
  }
  const ok = (line: string, input?: string) => {
    const result = run(line, input)
    if (result.status !== 0) throw new Error(`${line} ended with ${result.status}\n${result.stdout}${result.stderr}`)
    return result.stdout
  }
  const remove = () => {
    execFileSync('sh', [script, 'down', folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return { host: `10.77.${number}.1`, enter, run, ok, remove }
}
