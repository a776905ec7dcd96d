import { type ChildProcess, spawn } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from './machine.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface RunningServer {
  url: string
  data: string
  token: string
  /** What it logged so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts `zagi serve` as a process of its own. `program` is the packaged binary; `host` an address of this host. */
export async function runningServer(options: {
  program: string[]
  admin: Machine
  host?: string
  arguments?: string[]
}): Promise<RunningServer> {
  const { program, admin, host = '127.0.0.1' } = options
  const data = join(temporaryFolder('server'), 'data')
  const token = admin.ok(['token', 'create', '--data', data]).trim()
  const words = ['serve', '--data', data, '--listen', `${host}:0`, ...(options.arguments ?? [])]
  // Nix needs the account's own home; nothing else of the environment is handed on.
  const env = { HOME: homedir(), PATH: process.env['PATH'] ?? '' }
  const child = spawn(program[0]!, [...program.slice(1), ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  for (const end = Date.now() + 20_000; !/ at (http\S+)/.test(output); await sleep(20)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`The server did not start:\n${output}${log}`)
  }
  const url = / at (http\S+)/.exec(output)![1]!
  return { url, data, token, log: () => log, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
