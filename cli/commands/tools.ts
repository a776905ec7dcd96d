import { thisSystem } from '../../base/index.ts'
import { command } from '../command.ts'
import { count, size } from '../human-words.ts'

export const tools = command({
  name: 'tools',
  about: ['Shows the tools of this project, with their versions and sizes on this system.'],
  arguments: {},
  examples: [['tools', 'All tools']],
  async run(_values, { settings, terminal }) {
    const { openProject, readEnvLock } = await import('../../project/index.ts')
    const lock = readEnvLock(openProject(settings.user, settings.folder))
    const names = Object.keys(lock.tools).sort()
    for (const name of names) {
      const { request, version, systems } = lock.tools[name]!
      const here = systems[thisSystem()]
      const told =
        here === undefined ? `not added for ${thisSystem()}` : `${count(here.files, 'file')}, ${size(here.bytes)}`
      terminal.line(`${terminal.bold(name)} ${version}  (${told})`)
      terminal.object({
        name,
        version,
        request,
        systems: Object.keys(systems),
        files: here?.files,
        bytes: here?.bytes,
        programs: here?.bin ?? [],
      })
    }
    if (names.length === 0) terminal.line('No tools yet; add one with: zagi add node@22')
  },
})
