import { thisSystem } from '../../base/index.ts'
import { command } from '../command.ts'
import { versionLine, versionOf } from '../version.ts'

export const version = command({
  name: 'version',
  about: ['Shows the version of zagi, and the commit it was built from.'],
  arguments: {},
  examples: [
    ['version', 'The version'],
    ['--version', 'The same'],
    ['version --json', 'Also the system, and the version of Node inside'],
  ],
  async run(_values, { terminal }) {
    terminal.line(versionLine())
    terminal.object({ ...versionOf(), system: thisSystem(), node: process.versions.node })
  },
})
