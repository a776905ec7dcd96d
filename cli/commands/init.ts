import { resolve } from 'node:path'
import { command, optionalWord } from '../command.ts'
import { shellWord } from '../shell-word.ts'

export const init = command({
  name: 'init',
  about: [
    'Makes the current folder a project, or a new folder NAME. An existing Git repository is taken as it is: zagi records its changes as ordinary Git commits.',
    'The project is trusted by you from then on: its tools are on your PATH while you are in it.',
  ],
  arguments: { name: optionalWord('NAME', 'The folder; made if it is not there') },
  examples: [
    ['init', 'The current folder'],
    ['init my-app', 'A new folder'],
  ],
  async run({ name }, { settings, terminal }) {
    const { initProject } = await import('../../project/index.ts')
    const { folder, repository } = initProject(settings.user, resolve(settings.folder, name ?? '.'))
    const branch = repository.currentBranch()
    terminal.line(`Made a project in ${folder}${branch ? ` (branch ${branch})` : ''}`)
    terminal.line(`Undo with: rm -r ${shellWord(`${folder}/.zagi`)} (the Git repository stays)`)
    terminal.object({ folder, branch })
  },
})
