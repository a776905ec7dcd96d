import { command, words } from '../command.ts'
import { count, size } from '../human-words.ts'

export const add = command({
  name: 'add',
  about: [
    'Adds tools to the project: the server finds or builds them, and they run from .zagi/env on any machine the project is cloned to. Packages of a language come from its own package manager as always.',
  ],
  arguments: { tools: words('TOOL[@VERSION]', 'node, node@22, node@22.9.0; the newest version if none is given') },
  examples: [
    ['add node@22', 'The newest Node 22'],
    ['add node@22 postgres@16 redis', 'Several at once: all of them or none'],
  ],
  async run({ tools: requests }, { settings, terminal, operation }) {
    const { addTools, openProject } = await import('../../project/index.ts')
    const project = openProject(settings.user, settings.folder)
    const { tools, transferred, conflicts } = await addTools(project, { tools: requests, ...operation })
    for (const { name, version, before, files, bytes } of tools) {
      const replaced = before === undefined || before === version ? '' : `, in place of ${before}`
      const done = before === version ? 'Already there:' : 'Added'
      terminal.line(`${done} ${name} ${version}${replaced} (${count(files, 'file')}, ${size(bytes)})`)
    }
    terminal.line(`Received: ${size(transferred)}`)
    for (const { program, used, hidden } of conflicts) {
      terminal.warn(`Several tools bring "${program}": the one of ${used} is used, not the one of ${hidden.join(', ')}`)
    }
    const fresh = tools.filter(({ before }) => before === undefined).map(({ name }) => name)
    const other = tools.filter(({ before, version }) => before !== undefined && before !== version)
    const undo = [
      ...(fresh.length > 0 ? [`zagi remove ${fresh.join(' ')}`] : []),
      ...(other.length > 0 ? [`zagi add ${other.map(({ name, before }) => `${name}@${before}`).join(' ')}`] : []),
    ]
    if (undo.length > 0) terminal.line(`Undo with: ${undo.join(' && ')}`)
    terminal.object({
      tools,
      bytes: transferred,
      conflicts,
    })
  },
})
