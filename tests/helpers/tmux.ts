import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** An interactive program in a real terminal. */
export interface TerminalSession {
  /** Types a line and Enter. */
  type(line: string): void
  /** Waits until the screen with its history matches; answers it. Fails with the screen after `seconds`. */
  waitFor(pattern: RegExp, seconds?: number): Promise<string>
  close(): void
}

let sessions = 0

/** Starts a program in a terminal of tmux, 200 columns wide. */
export function terminalSession(command: string[], env: Record<string, string> = {}): TerminalSession {
  sessions += 1
  const socket = `zagi-${process.pid}-${sessions}`
  const tmux = (...args: string[]) =>
    spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' })
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const started = tmux('new-session', '-d', '-x', '200', '-y', '50', ...variables, quoted)
  if (started.status !== 0) throw new Error(`tmux: ${started.stderr || started.error}`)
  const screen = () => tmux('capture-pane', '-p', '-J', '-S', '-500').stdout
  return {
    type(line) {
      tmux('send-keys', '-l', line)
      tmux('send-keys', 'Enter')
    },
    async waitFor(pattern, seconds = 30) {
      for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
        const now = screen()
        if (pattern.test(now)) return now
        if (Date.now() > end) throw new Error(`The terminal did not show ${pattern} within ${seconds} s:\n${now}`)
      }
    },
    close() {
      tmux('kill-server')
    },
  }
}
