import { armCrashPoint, ZagiError } from '../base/index.ts'
import type { Command } from './command.ts'
import { commandTable } from './command-table.ts'
import { reportError } from './error-report.ts'
import { findCommand, findEntry } from './find-command.ts'
import { commandHelp, helpObject, overview } from './help-text.ts'
import { interruptSignal } from './interrupt.ts'
import { readSettings, wantsColor } from './settings.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** Runs one command line; sets the exit status of the process. */
export async function runProgram(words: string[], env: Record<string, string | undefined>): Promise<void> {
  const terminal = openTerminal({ json: wantsJson(words), color: wantsColor(env) })
  const signal = interruptSignal()
  const fail = (thrown: unknown) => {
    // Once stopped, whatever fails does so because of that: cut connections, missing files.
    const stopped = signal.aborted && !(thrown instanceof ZagiError)
    const error = stopped ? new ZagiError('INTERRUPTED', 'Stopped', { cause: thrown }) : thrown
    const report = reportError(error, { json: terminal.json, debug: env['ZAGI_DEBUG'] === '1', ...terminal.error })
    if (report.stdout) terminal.raw(report.stdout)
    if (report.stderr) terminal.warn(report.stderr.trimEnd())
    process.exitCode = report.status
  }
  // What nobody awaited: the state is unknown, so this is the end.
  process.on('uncaughtException', (error) => {
    fail(error)
    process.exit()
  })
  if (env['ZAGI_CRASH_AT']) armCrashPoint(env['ZAGI_CRASH_AT'])
  try {
    process.exitCode = (await runWords(words, env, terminal, signal)) ?? 0
  } catch (error) {
    fail(error)
  }
}

async function runWords(
  words: string[],
  env: Record<string, string | undefined>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number | undefined> {
  const at = words.findIndex((one) => !one.startsWith('-'))
  const leading = words.slice(0, at < 0 ? words.length : at).filter((one) => one !== '--json')
  if (at < 0 && leading.length === 1 && leading[0] === '--version') return runWords(['version'], env, terminal, signal)
  if (at < 0 || leading.length > 0) return runBare(leading, terminal)
  const entry = findEntry(words[at]!)
  const commands = await entry.load()
  const own = words.slice(at + 1)
  if (isFamilyHelp(commands, own)) return showHelp(commands, terminal)
  const [command, rest] = findCommand(entry, commands, own)
  const { parseWords } = await import('./parse-words.ts')
  const { values, help, passedOn } = parseWords(command, rest)
  if (help) return showHelp([command], terminal)
  const operation = { signal, onProgress: terminal.onProgress }
  const status = await command.run(values, { settings: readSettings(env), terminal, signal, operation, passedOn })
  terminal.clearProgress()
  return status ?? undefined
}

// No command word at all: `zagi`, `zagi --help`.
function runBare(options: string[], terminal: Terminal): undefined {
  const unknown = options.find((one) => !['--help', '-h'].includes(one))
  if (unknown !== undefined) {
    throw new ZagiError('USAGE', `"${unknown}" is not an option of "zagi"`, { hint: 'All commands: zagi help' })
  }
  terminal.line(overview(commandTable, terminal))
  terminal.object({ commands: commandTable.map(({ name, group, summary }) => ({ name, group, summary })) })
}

function showHelp(commands: Command[], terminal: Terminal): undefined {
  terminal.line(commandHelp(commands, terminal))
  for (const command of commands) terminal.object(helpObject(command))
}

// `remote --help`: of all its commands, not of the one it stands for alone.
function isFamilyHelp(commands: Command[], words: string[]): boolean {
  const family = commands.some(({ name }) => name.includes(' '))
  return family && words.every((one) => one.startsWith('-')) && (words.includes('--help') || words.includes('-h'))
}

// Needed before the words are understood, because errors about them are objects then too.
function wantsJson(words: string[]): boolean {
  const end = words.indexOf('--')
  const own = end < 0 ? words : words.slice(0, end)
  const command = own.findIndex((one) => !one.startsWith('-'))
  // `zagi run node --json`: that option belongs to node.
  const passedOn = own[command] === 'run' ? own.slice(command + 1).findIndex((one) => !one.startsWith('-')) : -1
  return (passedOn < 0 ? own : own.slice(0, command + 1 + passedOn)).includes('--json')
}
