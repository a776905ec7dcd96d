import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TerminalOptions {
  env: Record<string, string>
  cwd?: string
  /** What is typed: each text once `after` has appeared. */
  keys?: { after: string | RegExp; type: string }[]
}

/** Runs a command line of sh in a pseudo-terminal (`script` of util-linux); answers all that the terminal was sent. */
export async function inTerminal(line: string, { env, cwd, keys = [] }: TerminalOptions): Promise<string> {
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text
  })
  const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()))
  for (const { after, type } of keys) {
    while (child.exitCode === null && shown.search(after) < 0) await sleep(20)
    // What asks prints its question first and then begins to listen.
    await sleep(300)
    child.stdin.write(type)
  }
  await ended
  return shown
}
