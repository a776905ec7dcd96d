import { ZagiError } from '../../base/index.ts'
import { command } from '../command.ts'

export const run = command({
  name: 'run',
  about: [
    'Runs a command with the tools of the project on PATH, for agents, scripts and everything else that has no shell with a hook. Its input, output and exit status are those of the command.',
    'Exit status 127: there is no such command.',
  ],
  arguments: {},
  passesOn: '-- COMMAND…',
  examples: [
    ['run -- node index.js', 'The node of the project'],
    ['run -- sh -c "node --version && npm test"', 'Several commands'],
  ],
  async run(_values, { settings, signal, passedOn }) {
    const [program, ...args] = passedOn
    if (program === undefined) {
      throw new ZagiError('USAGE', '"zagi run" needs a command', { hint: 'For example: zagi run -- node index.js' })
    }
    const { openProject, runInProject } = await import('../../project/index.ts')
    return runInProject(openProject(settings.user, settings.folder), {
      command: program,
      args,
      env: settings.environment,
      cwd: settings.folder,
      terminal: process.stdin.isTTY === true,
      // No progress: its line would stand in the way of the command's own output.
      signal,
    })
  },
})
