import { changeName } from '../change-name.ts'
import { command } from '../command.ts'
import { count } from '../human-words.ts'
import { partLines } from '../parts-summary.ts'

export const status = command({
  name: 'status',
  about: [
    'Shows what differs from the last commit: source files, dependencies by folder, and tools. All of it is recorded by the next commit.',
  ],
  arguments: {},
  examples: [
    ['status', 'What changed'],
    ['status --json', 'Every path, for scripts'],
  ],
  async run(_values, { settings, terminal, operation }) {
    const { openProject, projectStatus } = await import('../../project/index.ts')
    const project = openProject(settings.user, settings.folder)
    const found = await projectStatus(project, operation)
    const { branch, parent, files, deps, parts, nested } = found
    const where = branch === undefined ? 'Not on a branch' : `On ${branch}`
    const last = parent && `${terminal.bold(changeName(parent))}: ${parent.message.split('\n', 1)[0]}`
    terminal.line(last === undefined ? `${where}, no commit yet` : `${where}, last commit ${last}`)
    section(
      'Source',
      files.map(({ path, change }) => `${change.padEnd(7)}  ${path}`),
    )
    section('Dependencies', [...foldersOf(deps)])
    section('Tools and recorded dependencies', partLines(parts))
    section('Not recorded, Git repositories of their own', nested)
    if (files.length + deps.length + partLines(parts).length === 0) terminal.line('Nothing changed')
    terminal.object({
      folder: found.folder,
      branch,
      change: found.change.changeId,
      parent: parent?.commit,
      files,
      dependencies: deps,
      parts,
      nested,
    })

    function section(title: string, lines: string[]): void {
      if (lines.length === 0) return
      terminal.line(`\n${terminal.bold(title)}`)
      for (const line of lines) terminal.line(`  ${line}`)
    }
  },
})

// An install touches thousands of files: what counts is where and how many.
function* foldersOf(changes: { path: string; change: string }[]): Generator<string> {
  const folders = new Map<string, Map<string, number>>()
  for (const { path, change } of changes) {
    const folder = /^(?:.*?\/)?node_modules(?=\/|$)/.exec(path)?.[0] ?? path.split('/', 1)[0]!
    const counts = folders.get(folder) ?? new Map<string, number>()
    folders.set(folder, counts.set(change, (counts.get(change) ?? 0) + 1))
  }
  for (const [folder, counts] of folders) {
    const told = [...counts].map(([change, number]) => `${count(number, 'path')} ${change}`)
    yield `${folder}  ${told.join(', ')}`
  }
}
