import { command } from '../command.ts'
import { count, size } from '../human-words.ts'
import { lackingLines, lackingStatus, partLines } from '../parts-summary.ts'
import { printableName } from '../printable.ts'

export const pull = command({
  name: 'pull',
  about: [
    'Fetches what others pushed to the current branch of "origin" and moves this project there: source, dependencies and tools. Edits that you did not commit stay.',
    'Where both sides have commits that the other lacks, nothing is touched.',
  ],
  arguments: {},
  examples: [['pull', 'The current branch']],
  async run(_values, { settings, terminal, operation }) {
    const { openProject, pullProject } = await import('../../project/index.ts')
    const pulled = await pullProject(openProject(settings.user, settings.folder), operation)
    const { branch, before, commit, files, kept, parts } = pulled
    if (before === commit) {
      terminal.line(`${branch} is up to date`)
      // What the store had lost.
      if (pulled.bytes > 0) terminal.line(`Received: ${size(pulled.bytes)}`)
    } else {
      const from = before === undefined ? '' : ` from ${before.slice(0, 10)}`
      terminal.line(`Moved ${branch}${from} to ${commit.slice(0, 10)}: ${count(files.length, 'source file')} changed`)
      for (const line of partLines(parts)) terminal.line(`  ${line}`)
      for (const line of keptLines(kept)) terminal.line(line)
      terminal.line(`Received: ${size(pulled.bytes)}`)
    }
    for (const line of lackingLines(pulled.lacking)) terminal.warn(line)
    terminal.object({ branch, before, commit, files, kept, parts, lacking: pulled.lacking, bytes: pulled.bytes })
    return lackingStatus(pulled.lacking)
  },
})

// Pointers stand for what they name.
function keptLines(kept: string[]): string[] {
  const files = kept.filter((path) => !path.startsWith('.zagi/lock/'))
  const lines = files.length > 0 ? [`Kept your edits in: ${files.map(printableName).join(', ')}`] : []
  if (kept.includes('.zagi/lock/env.json')) lines.push('Kept your tools, which are not committed')
  if (kept.some((path) => path.startsWith('.zagi/lock/deps.'))) {
    lines.push('Kept your dependencies, which are not committed')
  }
  return lines
}
