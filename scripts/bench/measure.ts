import { spawnSync } from 'node:child_process'

export interface Command {
  /** A line of sh. */
  line: string
  cwd: string
  env?: Record<string, string>
}

/** Runs a line of sh and answers its wall time in seconds. Fails where the line fails. */
export function measure({ line, cwd, env = {} }: Command): number {
  const started = process.hrtime.bigint()
  const run = spawnSync('sh', ['-c', line], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  if (run.status !== 0) throw new Error(`${line}\nended with ${run.status}\n${run.stderr.slice(-2000)}`)
  return seconds
}

/** What a line of sh prints. */
export function output({ line, cwd, env = {} }: Command): string {
  const run = spawnSync('sh', ['-c', line], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (run.status !== 0) throw new Error(`${line}\nended with ${run.status}\n${run.stderr.slice(-2000)}`)
  return run.stdout
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
