import { command, optionalWord } from '../command.ts'
import { count, duration, size } from '../human-words.ts'

export const push = command({
  name: 'push',
  about: [
    'Sends the current branch with everything its commits name to the remote "origin". What the server has already, from whichever project, is not sent again. Needs a write token: zagi login.',
  ],
  arguments: {
    repository: optionalWord(
      'OWNER/NAME',
      'The repository, kept as "origin": a name at the default server, or an address',
    ),
  },
  examples: [
    ['push demo/my-app', 'The first push: makes the repository'],
    ['push', 'Every other'],
  ],
  async run({ repository }, { settings, terminal, operation }) {
    const { formatRemoteAddress, openProject, pushProject } = await import('../../project/index.ts')
    const started = performance.now()
    const project = openProject(settings.user, settings.folder)
    const pushed = await pushProject(project, { ...(repository === undefined ? {} : { to: repository }), ...operation })
    const milliseconds = Math.round(performance.now() - started)
    const { remote, branch, commits, before, commit } = pushed
    const address = formatRemoteAddress(remote)
    if (before === commit) terminal.line(`${branch} is at ${address} already`)
    else {
      const made = pushed.created ? ' (a new repository)' : ''
      terminal.line(`Pushed ${branch} to ${address}${made}: ${count(commits, 'commit')}`)
      terminal.line(`Sent: ${size(pushed.bytes)}${pushed.chunks > 0 ? ` in ${count(pushed.chunks, 'chunk')}` : ''}`)
      terminal.line(`Time: ${duration(milliseconds)}`)
    }
    terminal.object({
      url: address,
      branch,
      commit,
      before,
      created: pushed.created,
      commits,
      chunks: pushed.chunks,
      bytes: pushed.bytes,
      milliseconds,
    })
  },
})
