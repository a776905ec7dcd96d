import { command, flag } from '../command.ts'

export const trust = command({
  name: 'trust',
  about: [
    'Lets this project put its tools on your PATH, through the shell hook and "zagi run". Projects that you made or cloned with zagi are trusted already. One that came another way is not: it could bring its own "ls".',
    'Trust follows the folder when it is moved.',
  ],
  arguments: { remove: flag('--remove', 'Take the trust back') },
  examples: [
    ['trust', 'The project you are in'],
    ['trust --remove', 'Takes it back'],
  ],
  async run({ remove }, { settings, terminal }) {
    const { openProject, trustThisProject, untrustThisProject } = await import('../../project/index.ts')
    const project = openProject(settings.user, settings.folder)
    if (remove) untrustThisProject(project)
    else trustThisProject(project)
    terminal.line(remove ? `No longer trusted: ${project.folder}` : `Trusted: ${project.folder}`)
    terminal.line(`Undo with: zagi trust${remove ? '' : ' --remove'}`)
    terminal.object({ folder: project.folder, trusted: !remove })
  },
})
