import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { randomName } from '../../base/index.ts'
import { type HookShell, hookScript } from '../../hook/index.ts'

/** Fails with the name of the package where a program is not installed. */
export function need(...programs: string[]): void {
  const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0)
  if (missing.length > 0)
    throw new Error(`These tests need ${missing.join(', ')}: apt-get install ${missing.join(' ')}`)
}

export interface SessionOptions {
  home: string
  /** Lines of the rc file before and after the hook is evaluated. */
  before?: string
  after?: string
  /** Where to start; default the home folder. */
  cwd?: string
  /** More environment variables. */
  env?: Record<string, string>
  /** Runs under strace, which writes its calls of this class to the file. */
  trace?: { file: string; calls: string }
}

/** An interactive shell with our hook, in a terminal of its own. */
export class ShellSession {
  readonly #socket: string
  readonly #steps: string
  readonly home: string
  #count = 0

  constructor(shell: HookShell, options: SessionOptions) {
    this.home = options.home
    this.#socket = join(options.home, `tmux-${randomName()}`)
    this.#steps = join(options.home, `steps-${randomName()}`)
    writeFileSync(this.#steps, '')
    const path = '/usr/local/bin:/usr/bin:/bin'
    const env = { HOME: options.home, PATH: path, TERM: 'screen', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...options.env }
    const words = startWords(shell, options)
    const traced = options.trace ? ['strace', '-f', '-o', options.trace.file, '-e', `trace=${options.trace.calls}`] : []
    this.#tmux(
      ['-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '50', '-c', options.cwd ?? options.home],
      ['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...traced, ...words],
    )
  }

  #tmux(words: string[], command: string[] = []): string {
    return execFileSync('tmux', ['-S', this.#socket, ...words, ...command], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: this.home, TERM: 'screen', LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Types lines, each at a prompt of its own, and waits until the last one is done. */
  async type(...lines: string[]): Promise<void> {
    const keys = [...lines, `printf . >> ${this.#steps}`].flatMap((line) => [
      ...(line === '' ? [] : ['send-keys', '-l', '--', line.replace(/;$/, '\\;'), ';']),
      ...['send-keys', 'Enter', ';'],
    ])
    this.#tmux(keys.slice(0, -1))
    this.#count++
    const end = Date.now() + 20_000
    while (statSync(this.#steps).size < this.#count) {
      if (Date.now() > end) throw new Error(`The shell did not come back:\n${this.screen()}`)
      await delay(10)
    }
  }

  /** Exported variables, as a program started in the shell sees them. */
  async exported(): Promise<Map<string, string>> {
    const file = join(this.home, 'exported')
    await this.type(`/usr/bin/env -0 > ${file}`)
    const pairs = readFileSync(file, 'utf8').split('\0').filter(Boolean)
    return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  }

  /** What the shell prints for these words. */
  async printed(words: string): Promise<string> {
    const file = join(this.home, 'printed')
    await this.type(`printf '%s\\n' ${words} > ${file}`)
    return readFileSync(file, 'utf8').trimEnd()
  }

  screen(): string {
    return this.#tmux(['capture-pane', '-p', '-S', '-500']).trimEnd()
  }

  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server'])
  }
}

function startWords(shell: HookShell, options: SessionOptions): string[] {
  const code = join(options.home, `hook.${shell}`)
  writeFileSync(code, hookScript(shell, { program: join(options.home, 'zagi') }))
  const line = shell === 'fish' ? `source ${code}` : `eval "$(cat ${code})"`
  const prompts = { bash: "PS1='READY> '", zsh: "PROMPT='READY> '", fish: '' }
  const rc = [prompts[shell], options.before ?? '', line, options.after ?? ''].join('\n')
  if (shell === 'bash') {
    writeFileSync(join(options.home, '.bashrc'), `${rc}\n`)
    return ['bash', '--noprofile']
  }
  if (shell === 'zsh') {
    writeFileSync(join(options.home, '.zshrc'), `${rc}\n`)
    return ['zsh', '-d']
  }
  const folder = join(options.home, '.config', 'fish')
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  const quiet =
    'set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt; echo -n "READY> "; end\n'
  writeFileSync(join(folder, 'config.fish'), `${quiet}${rc}\n`)
  return ['fish']
}
