import type { WriteStream } from 'node:tty'
import type { OnProgress, Progress } from '../base/index.ts'
import { printable } from './printable.ts'
import { progressLine } from './progress-line.ts'

/** Milliseconds of work before a progress line appears: shorter work stays quiet. */
const quietTime = 1000
/** Milliseconds between two drawings. */
const drawingInterval = 100

/** Everything that is printed goes through here. */
export interface Terminal {
  /** True with `--json`: results are objects, one a line, and nothing else is on stdout. */
  readonly json: boolean
  /** A line of the result, for people: left out with `--json`. */
  line(text?: string): void
  /** The result for programs: one JSON object, only with `--json`. */
  object(value: object): void
  /** Bytes on stdout as they are, also with `--json`. */
  raw(text: string): void
  /** A line on stderr. */
  warn(text: string): void
  onProgress: OnProgress
  /** Takes the progress line away, so that other output can follow. */
  clearProgress(): void
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  /** The same for stderr. */
  error: { bold(text: string): string; red(text: string): string; dim(text: string): string }
  columns: number
}

export interface TerminalOptions {
  json: boolean
  color: boolean
}

/** The terminal of this process, or the pipes and files in its place. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr } = process
  ignoreClosedPipe(stdout)
  ignoreClosedPipe(stderr)
  const painter = (stream: WriteStream) => painters(options.color && stream.isTTY === true)
  const progress = progressDrawer(stderr, options)
  const write = (stream: WriteStream, text: string) => {
    progress.clear()
    stream.write(text)
  }
  return {
    json: options.json,
    line: (text = '') => {
      if (!options.json) write(stdout, `${printable(text)}\n`)
    },
    object: (value) => {
      if (options.json) write(stdout, `${JSON.stringify(value, withNulls)}\n`)
    },
    raw: (text) => write(stdout, text),
    warn: (text) => write(stderr, `${printable(text)}\n`),
    onProgress: progress.draw,
    clearProgress: progress.clear,
    ...painter(stdout),
    error: painter(stderr),
    columns: columnsOf(stdout),
  }
}

// A terminal that does not know its size says 0.
function columnsOf(stream: WriteStream): number {
  return stream.columns || 80
}

// Every key of an object is always there.
function withNulls(_key: string, value: unknown): unknown {
  return value === undefined ? null : value
}

function painters(color: boolean) {
  const paint = (open: number, close: number) => (text: string) => (color ? `\x1b[${open}m${text}\x1b[${close}m` : text)
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39) }
}

// A reader that went away (`zagi log | head`) is no failure of ours; a full disk behind stdout is.
function ignoreClosedPipe(stream: WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || process.exitCode) return
    process.exitCode = 1
    if (stream === process.stdout) process.stderr.write(`Error: Could not write the output: ${error.message}\n`)
  })
}

/** Draws inside the reports, without timers: work that keeps the thread busy is drawn too, and nothing keeps the process alive. */
function progressDrawer(stderr: WriteStream, options: TerminalOptions): { draw: OnProgress; clear(): void } {
  if (!stderr.isTTY || options.json) return { draw: () => {}, clear: () => {} }
  const started = Date.now()
  let drawnAt = 0
  let shown = false
  return {
    draw: (report: Progress) => {
      const now = Date.now()
      if (now - started < quietTime || now - drawnAt < drawingInterval) return
      drawnAt = now
      shown = true
      // One column stays free: some terminals wrap when the last one is written.
      stderr.write(`\r${printable(progressLine(report, columnsOf(stderr) - 1))}\x1b[K`)
    },
    clear: () => {
      if (!shown) return
      shown = false
      stderr.write('\r\x1b[K')
    },
  }
}
