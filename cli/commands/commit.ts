import { ZagiError } from '../../base/index.ts'
import { changeName } from '../change-name.ts'
import { command, text } from '../command.ts'
import { editMessage } from '../edit-message.ts'
import { partLines } from '../parts-summary.ts'

export const commit = command({
  name: 'commit',
  about: [
    'Records what is in the project now as one change: source, the folders that package managers installed into, and the tools. Nothing has to be staged.',
    'The change is an ordinary Git commit, so Git and everything that reads Git sees it.',
  ],
  arguments: { message: text('-m, --message', 'MESSAGE', 'What changed; without it your editor opens ($EDITOR)') },
  examples: [
    ['commit -m "add express"', 'Records everything under that message'],
    ['commit', 'Asks your editor for the message'],
  ],
  async run({ message: given }, { settings, terminal, operation }) {
    const { commitProject, openProject } = await import('../../project/index.ts')
    const project = openProject(settings.user, settings.folder)
    const message = (given ?? (await editMessage(settings))).trim()
    if (message === '') {
      throw new ZagiError('USAGE', 'The message is empty, nothing was recorded', {
        hint: 'Say what changed: zagi commit -m "add express"',
      })
    }
    const { change, branch, parts, deps } = await commitProject(project, { message, ...operation })
    const on = branch === undefined ? '' : ` on ${branch}`
    terminal.line(`Recorded ${terminal.bold(changeName(change))}${on}: ${change.message.split('\n', 1)[0]}`)
    for (const line of partLines(parts)) terminal.line(`  ${line}`)
    const undo = change.parents.length > 0 ? 'git reset --soft HEAD~1' : 'git update-ref -d HEAD'
    terminal.line(`Undo with: ${undo} (files stay as they are)`)
    terminal.object({
      change: change.changeId,
      commit: change.commit,
      branch,
      message: change.message.trimEnd(),
      parts,
      stored: deps === undefined ? null : deps.write,
    })
  },
})
