import { command, optionalWord } from '../command.ts'
import { commandTable } from '../command-table.ts'
import { findCommand, findEntry } from '../find-command.ts'
import { commandHelp, helpObject, overview } from '../help-text.ts'

export const help = command({
  name: 'help',
  about: ['Shows all commands by task, or what one of them takes and does, with examples.'],
  arguments: {
    command: optionalWord('COMMAND', 'The command'),
    part: optionalWord('PART', 'Its second word, for "remote add" and its like'),
  },
  examples: [
    ['help', 'All commands'],
    ['help commit', 'One command'],
    ['help remote add', 'One command of a family'],
  ],
  async run({ command: name, part }, { terminal }) {
    if (name === undefined) {
      terminal.line(overview(commandTable, terminal))
      terminal.object({ commands: commandTable.map(({ name, group, summary }) => ({ name, group, summary })) })
      return
    }
    const entry = findEntry(name)
    const family = await entry.load()
    const shown = part === undefined ? family : [findCommand(entry, family, [part])[0]]
    terminal.line(commandHelp(shown, terminal))
    for (const one of shown) terminal.object(helpObject(one))
  },
})
