import type { Argument, Command } from './command.ts'

/** "zagi commit [-m MESSAGE]": `--json` and `--help`, which every command has, are left out. */
export function usageLine(command: Command): string {
  const parts = Object.values(command.arguments).map(usageOf)
  return ['zagi', command.name, ...parts, command.passesOn].filter(Boolean).join(' ')
}

function usageOf({ kind, names, placeholder }: Argument<unknown>): string {
  const name = names.split(', ')[0]!
  switch (kind) {
    case 'flag':
      return `[${name}]`
    case 'text':
      return `[${name} ${placeholder}]`
    case 'list':
      return `[${name} ${placeholder}]…`
    case 'word':
      return names
    case 'optional-word':
      return `[${names}]`
    case 'words':
      return `${names}…`
  }
}
