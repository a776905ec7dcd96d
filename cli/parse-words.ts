import { Cli, Option, Command as ParsedCommand } from 'clipanion'
import { ZagiError } from '../base/index.ts'
import type { Argument, Arguments, Command, Values } from './command.ts'
import { nearestNames } from './nearest-names.ts'
import { usageLine } from './usage-line.ts'

/** What the words of a command line mean to one command. */
export interface ParsedWords {
  values: Values<Arguments> & { json: boolean }
  help: boolean
  /** See {@link Command.passesOn}. */
  passedOn: string[]
}

/**
 * Reads the words behind a command's name.
 * @throws ZagiError USAGE
 */
export function parseWords(command: Command, words: string[]): ParsedWords {
  const { own, passedOn } = splitPassedOn(command, words)
  const options = optionNames(command)
  const joined = joinValues(command, own, options)
  const end = joined.indexOf('--')
  const beforeEnd = end < 0 ? joined : joined.slice(0, end)
  if (beforeEnd.some((one) => one === '--help' || one === '-h')) {
    return { values: { json: beforeEnd.includes('--json') }, help: true, passedOn: [] }
  }
  refuseFlagValues(command, beforeEnd)
  const cli = Cli.from(parserOf(command), { binaryName: 'zagi', enableColors: false })
  let parsed: Record<string, unknown>
  try {
    parsed = cli.process([...parserPath, ...joined], {}) as unknown as Record<string, unknown>
  } catch (error) {
    throw explainSyntax(error, command, options)
  }
  const values: Record<string, unknown> = { json: parsed['json'] === true }
  for (const key of Object.keys(command.arguments)) values[key] = parsed[key]
  return { values: values as ParsedWords['values'], help: false, passedOn }
}

// The parser sees one command only, under a name of our own: it never has to guess which one was meant.
const parserPath = ['command']

function parserOf(command: Command) {
  const specs = { json: Option.Boolean('--json', false), ...mapValues(command.arguments, optionOf) }
  return class extends ParsedCommand {
    static override paths = [parserPath]
    constructor() {
      super()
      Object.assign(this, specs)
    }
    async execute(): Promise<void> {}
  }
}

function optionOf(argument: Argument<unknown>): unknown {
  const names = argument.names.replaceAll(' ', '')
  switch (argument.kind) {
    case 'flag':
      return Option.Boolean(names, false)
    case 'text':
      return Option.String(names)
    case 'list':
      return Option.Array(names, [])
    case 'word':
      return Option.String({ name: argument.names })
    case 'optional-word':
      return Option.String({ name: argument.names, required: false })
    case 'words':
      return Option.Rest({ name: argument.names, required: 1 })
  }
}

function splitPassedOn(command: Command, words: string[]): { own: string[]; passedOn: string[] } {
  if (command.passesOn === undefined) return { own: words, passedOn: [] }
  const at = words.findIndex((one) => one === '--' || !one.startsWith('-'))
  if (at < 0) return { own: words, passedOn: [] }
  return { own: words.slice(0, at), passedOn: words.slice(words[at] === '--' ? at + 1 : at) }
}

function optionNames(command: Command): string[] {
  const own = Object.values(command.arguments).filter(isOption)
  return [...own.flatMap((one) => one.names.split(', ')), '--json', '--help', '-h']
}

function isOption(argument: Argument<unknown>): boolean {
  return argument.kind === 'flag' || argument.kind === 'text' || argument.kind === 'list'
}

// The parser takes `-m "-5 degrees"` for an option without a value: bind such a value to its option.
function joinValues(command: Command, words: string[], options: string[]): string[] {
  const valued = Object.values(command.arguments).filter(({ kind }) => kind === 'text' || kind === 'list')
  const names = new Set(valued.flatMap((one) => one.names.split(', ')))
  const joined: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const next = words[at + 1]
    if (word === '--') return [...joined, ...words.slice(at)]
    if (names.has(word) && next !== undefined && !options.includes(next)) {
      joined.push(`${word}=${next}`)
      at++
    } else {
      joined.push(word)
    }
  }
  return joined
}

// The parser would take `--json=x` and make a text of a flag.
function refuseFlagValues(command: Command, words: string[]): void {
  const flags = Object.values(command.arguments).filter(({ kind }) => kind === 'flag')
  const names = new Set([...flags.flatMap((one) => one.names.split(', ')), '--json'])
  for (const word of words) {
    const name = word.split('=', 1)[0]!
    if (name !== word && names.has(name)) throw usageError(command, `Option "${name}" takes no value`)
  }
}

function explainSyntax(error: unknown, command: Command, options: string[]): unknown {
  const reason = reasonOf(error)
  if (reason === undefined) return error
  const quoted = /\("([\s\S]*)"\)\.?$/.exec(reason)?.[1] ?? ''
  if (/^(Unsupported|Invalid) option name/.test(reason)) {
    const name = quoted.split('=', 1)[0]!
    const near = nearestNames(name, options)
    const message = `"${name}" is not an option of "zagi ${command.name}"`
    return usageError(command, message, near[0] && `Did you mean "${near[0]}"?`)
  }
  if (reason.startsWith('Extraneous')) {
    return usageError(command, `"${quoted}" is one word too many for "zagi ${command.name}"`)
  }
  if (reason.startsWith('Not enough arguments to option')) {
    const name = /option (\S+?)\.?$/.exec(reason)?.[1] ?? ''
    return usageError(command, `Option "${name}" needs a value`)
  }
  const missing = Object.values(command.arguments).filter(({ kind }) => kind === 'word' || kind === 'words')
  return usageError(command, `"zagi ${command.name}" needs ${missing.map(({ names }) => names).join(' and ')}`)
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('clipanion' in error)) return undefined
  const candidates = 'candidates' in error ? (error.candidates as { reason: string | null }[]) : []
  return candidates.find(({ reason }) => reason !== null)?.reason ?? error.message
}

/** A USAGE error that shows how the command is used. */
function usageError(command: Command, message: string, hint = ''): ZagiError {
  return new ZagiError('USAGE', message, {
    hint: `${hint}${hint ? ' ' : ''}Usage: ${usageLine(command)} (more: zagi help ${command.name})`,
  })
}

function mapValues(record: Arguments, change: (argument: Argument<unknown>) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
