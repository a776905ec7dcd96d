import type { Argument, Command } from './command.ts'
import { type CommandEntry, groups } from './command-table.ts'
import type { Terminal } from './terminal.ts'
import { usageLine } from './usage-line.ts'

const widest = 100

/** All commands by task: what `zagi` alone shows. */
export function overview(table: readonly CommandEntry[], terminal: Terminal): string {
  const width = Math.max(...table.map(({ name }) => name.length))
  const lines = ['zagi: version control that includes the environment', '', `Usage: zagi COMMAND [--json]`]
  for (const group of groups) {
    lines.push('', terminal.bold(group))
    for (const entry of table) {
      if (entry.group === group) lines.push(`  ${entry.name.padEnd(width)}  ${entry.summary}`)
    }
  }
  lines.push('', 'More about one of them, with examples: zagi help COMMAND')
  return lines.join('\n')
}

/** Help of one command, or of a family such as `remote`. */
export function commandHelp(commands: Command[], terminal: Terminal): string {
  return commands.map((command) => helpOf(command, terminal)).join('\n\n')
}

/** The same as data, for `--json`. */
export function helpObject(command: Command): object {
  const described = Object.values(command.arguments).map(({ kind, names, placeholder, about }) => ({
    kind: kind === 'flag' || kind === 'text' || kind === 'list' ? 'option' : 'word',
    names: names.split(', '),
    ...(placeholder ? { value: placeholder } : {}),
    about,
  }))
  const examples = command.examples.map(([line, does]) => ({ line: `zagi ${line}`, does }))
  return { command: command.name, usage: usageLine(command), about: command.about, arguments: described, examples }
}

function helpOf(command: Command, terminal: Terminal): string {
  const columns = Math.min(terminal.columns, widest)
  const lines = [terminal.bold(usageLine(command))]
  for (const paragraph of command.about) lines.push('', ...wrap(paragraph, columns, ''))
  const rows = Object.values(command.arguments).map((one) => [labelOf(one), one.about] as const)
  const all = [...rows, ['--json', 'Results and errors as JSON, one object a line'] as const]
  const width = Math.max(...all.map(([label]) => label.length))
  lines.push('')
  for (const [label, about] of all) {
    const [first = '', ...more] = wrap(about, columns, ' '.repeat(width + 4))
    lines.push(`  ${label.padEnd(width)}  ${first.trimStart()}`, ...more)
  }
  lines.push('', terminal.bold('Examples'))
  for (const [line, does] of command.examples) lines.push(`  zagi ${line}`, ...wrap(does, columns, '      '))
  return lines.join('\n')
}

function labelOf({ names, placeholder }: Argument<unknown>): string {
  return placeholder ? `${names} ${placeholder}` : names
}

function wrap(text: string, columns: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, indent + line]
}
