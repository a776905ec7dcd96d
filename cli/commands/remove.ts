import { command, words } from '../command.ts'

export const remove = command({
  name: 'remove',
  about: ['Takes tools out of the project. They stay on this machine for other projects.'],
  arguments: { tools: words('TOOL', 'As "zagi tools" shows it') },
  examples: [['remove redis', 'One tool']],
  async run({ tools: names }, { settings, terminal, operation }) {
    const { openProject, removeTools } = await import('../../project/index.ts')
    const removed = await removeTools(openProject(settings.user, settings.folder), { tools: names, ...operation })
    for (const { name, version } of removed) terminal.line(`Removed ${name} ${version}`)
    terminal.line(`Undo with: zagi add ${removed.map(({ name, version }) => `${name}@${version}`).join(' ')}`)
    terminal.object({ removed: removed.map(({ name, version }) => ({ name, version })) })
  },
})
