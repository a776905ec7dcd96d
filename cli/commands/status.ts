import { changeName } from '../change-name.ts'
import { command } from '../command.ts'
import { count } from '../human-words.ts'
import { partLines } from '../parts-summary.ts'
import { printableName } from '../printable.ts'

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
    const { branch, parent, files, deps, depsFolders, depsRecorded, parts, nested, toolsLinked } = found
    const where = branch === undefined ? 'Not on a branch' : `On ${branch}`
    const last = parent && `${terminal.bold(changeName(parent))}: ${parent.message.split('\n', 1)[0]}`
    terminal.line(last === undefined ? `${where}, no commit yet` : `${where}, last commit ${last}`)
    const changedParts = partLines(parts)
    if (files.length + deps.length + changedParts.length === 0 && toolsLinked) terminal.line('Nothing changed')
    section(
      'Source',
      files.map(({ path, change }) => `${change.padEnd(7)}  ${printableName(path)}`),
    )
    const differing = [...toldByFolder(deps, depsFolders)]
    section('Dependencies', differing)
    if (differing.length > 0 && depsRecorded) {
      terminal.line('  (zagi commit records them, zagi restore brings the recorded ones back)')
    }
    section('Tools', partLines({ ...parts, deps: undefined }))
    if (!toolsLinked) section('Tools in use are not those of this commit', ['zagi restore puts that right'])
    section('Recorded, but not in a commit yet', partLines({ ...parts, tools: [] }))
    section('Not recorded, Git repositories of their own', nested.map(printableName))
    terminal.object({
      folder: found.folder,
      branch,
      change: found.change.changeId,
      parent: parent?.commit,
      files,
      dependencies: deps,
      parts,
      nested,
      toolsLinked,
    })

    function section(title: string, lines: string[]): void {
      if (lines.length === 0) return
      terminal.line(`\n${terminal.bold(title)}`)
      for (const line of lines) terminal.line(`  ${line}`)
    }
  },
})

// An install touches thousands of files: what counts is where and how many.
function* toldByFolder(changes: { path: string; change: string }[], folders: string[]): Generator<string> {
  const told = new Map<string, Map<string, number> | string>()
  for (const { path, change } of changes) {
    const folder = folders.find((name) => path === name || path.startsWith(`${name}/`)) ?? path
    const counts = told.get(folder) ?? new Map<string, number>()
    if (path === folder) told.set(folder, change)
    else if (typeof counts !== 'string') told.set(folder, counts.set(change, (counts.get(change) ?? 0) + 1))
  }
  for (const [folder, counts] of told) {
    const words =
      typeof counts === 'string'
        ? counts
        : [...counts].map(([change, number]) => `${count(number, 'path')} ${change}`).join(', ')
    yield `${printableName(folder)}  ${words}`
  }
}
