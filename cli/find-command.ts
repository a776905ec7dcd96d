import { ZagiError } from '../base/index.ts'
import type { Command } from './command.ts'
import { type CommandEntry, commandTable } from './command-table.ts'
import { nearestNames } from './nearest-names.ts'

/** The entry for the first word of a command line. @throws ZagiError USAGE, with the nearest names */
export function findEntry(name: string): CommandEntry {
  const entry = commandTable.find((one) => one.name === name)
  if (entry !== undefined) return entry
  const names = commandTable.map((one) => one.name)
  throw unknownCommand(name, nearestNames(name, names), 'All commands: zagi help')
}

/**
 * The command of a family that the words name, and the words that follow its name: `remote add` of `remote add NAME URL`.
 * @throws ZagiError USAGE
 */
export function findCommand(entry: CommandEntry, commands: Command[], words: string[]): [Command, string[]] {
  const longestFirst = [...commands].sort((a, b) => b.name.length - a.name.length)
  for (const command of longestFirst) {
    const rest = afterName(command.name.split(' ').slice(1), words)
    if (rest !== undefined) return [command, rest]
  }
  const byDefault = commands.find(({ name }) => name === entry.whenAlone)
  if (byDefault !== undefined && words.every((one) => one.startsWith('-'))) return [byDefault, words]
  const names = commands.map(({ name }) => name.split(' ').slice(1).join(' '))
  const given = words.find((one) => !one.startsWith('-'))
  const all = `Choose one of: ${names.join(', ')} (more: zagi help ${entry.name})`
  if (given === undefined) throw new ZagiError('USAGE', `"zagi ${entry.name}" needs one more word`, { hint: all })
  throw unknownCommand(`${entry.name} ${given}`, prefixed(entry.name, nearestNames(given, names)), all)
}

// The name's words may have options between them: `remote --json add`.
function afterName(name: string[], words: string[]): string[] | undefined {
  const rest = [...words]
  for (const part of name) {
    const at = rest.findIndex((one) => !one.startsWith('-'))
    if (rest[at] !== part) return undefined
    rest.splice(at, 1)
  }
  return rest
}

function prefixed(family: string, names: string[]): string[] {
  return names.map((name) => `${family} ${name}`)
}

function unknownCommand(name: string, near: string[], otherwise: string): ZagiError {
  const guess = near.map((one) => `"zagi ${one}"`).join(' or ')
  return new ZagiError('USAGE', `There is no command "zagi ${name}"`, {
    hint: guess ? `Did you mean ${guess}? ${otherwise}` : otherwise,
  })
}
