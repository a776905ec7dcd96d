import { ZagiError } from '../../base/index.ts'
import { changeName } from '../change-name.ts'
import { command, text } from '../command.ts'
import { partWords } from '../parts-summary.ts'

export const log = command({
  name: 'log',
  about: [
    'Shows the changes that led here, newest first: name, author, first line of the message, branches, and what happened to tools and dependencies. "@" is the change you are on.',
  ],
  arguments: { limit: text('-n, --limit', 'NUMBER', 'Show no more than this many') },
  examples: [
    ['log', 'All changes'],
    ['log -n 5', 'The last five'],
    ['log --json', 'With commits, times and whole messages, one change a line'],
  ],
  async run({ limit }, { settings, terminal }) {
    const { openProject, projectLog } = await import('../../project/index.ts')
    const project = openProject(settings.user, settings.folder)
    const changes = projectLog(project, limit === undefined ? {} : { limit: parseLimit(limit) })
    for (const change of changes) {
      const { author, branches, message, current, parts } = change
      const words = [`${author.name}: ${message.split('\n', 1)[0]}`]
      if (branches.length > 0) words.push(`[${branches.join(', ')}]`)
      const told = partWords(parts)
      if (told.length > 0) words.push(terminal.dim(`(${told.join(', ')})`))
      terminal.line(`${current ? '@' : 'o'}  ${terminal.bold(changeName(change))}  ${words.join('  ')}`)
      terminal.object({
        change: change.changeId,
        commit: change.commit,
        parents: change.parents,
        author: { name: author.name, email: author.email, time: new Date(author.time * 1000).toISOString() },
        message: message.trimEnd(),
        branches,
        current,
        parts,
      })
    }
    if (changes.length === 0) terminal.line('No commit yet')
  },
})

function parseLimit(text: string): number {
  const number = Number(text)
  if (/^\d{1,9}$/.test(text) && number > 0) return number
  throw new ZagiError('USAGE', `"${text}" is not a number of changes`, { hint: 'Give a whole number: zagi log -n 5' })
}
