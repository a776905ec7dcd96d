import { command, word } from '../command.ts'

const list = command({
  name: 'remote list',
  about: ['Shows where this project is pushed to and pulled from. "zagi remote" alone does the same.'],
  arguments: {},
  examples: [['remote list', 'Names and addresses']],
  async run(_values, { settings, terminal }) {
    const { formatRemoteAddress, listRemotes, openProject } = await import('../../project/index.ts')
    const { folder } = openProject(settings.user, settings.folder)
    const remotes = Object.entries(listRemotes(folder)).sort(([a], [b]) => a.localeCompare(b))
    for (const [name, address] of remotes) {
      terminal.line(`${name}  ${formatRemoteAddress(address)}`)
      terminal.object({ name, url: formatRemoteAddress(address) })
    }
    if (remotes.length === 0) terminal.line('No remote yet; the first "zagi push OWNER/NAME" makes one')
  },
})

const add = command({
  name: 'remote add',
  about: ['Names a repository at a server. The remote "origin" is the one that push and pull use.'],
  arguments: {
    name: word('NAME', 'Letters, digits, "_" and "-"'),
    url: word('URL', 'Address of the repository, or OWNER/NAME at the default server'),
  },
  examples: [
    ['remote add origin https://zagi.example.org/demo/my-app', 'A repository at a server'],
    ['remote add backup file:///srv/zagi/demo/my-app', 'One in a folder'],
  ],
  async run({ name, url }, { settings, terminal }) {
    const { formatRemoteAddress, listRemotes, openProject, parseRemoteAddress, setRemote } = await import(
      '../../project/index.ts'
    )
    const { folder } = openProject(settings.user, settings.folder)
    const before = listRemotes(folder)[name]
    const address = parseRemoteAddress(settings.user, url)
    setRemote(folder, name, address)
    terminal.line(`Remote ${name}: ${formatRemoteAddress(address)}`)
    const undo = before === undefined ? `remove ${name}` : `add ${name} ${formatRemoteAddress(before)}`
    terminal.line(`Undo with: zagi remote ${undo}`)
    terminal.object({ name, url: formatRemoteAddress(address) })
  },
})

const remove = command({
  name: 'remote remove',
  about: ['Forgets a remote. Nothing changes at the server.'],
  arguments: { name: word('NAME', 'The remote') },
  examples: [['remote remove backup', 'Forgets it']],
  async run({ name }, { settings, terminal }) {
    const { formatRemoteAddress, listRemotes, openProject, removeRemote } = await import('../../project/index.ts')
    const { folder } = openProject(settings.user, settings.folder)
    const before = listRemotes(folder)[name]
    removeRemote(folder, name)
    terminal.line(`Removed the remote ${name}`)
    if (before !== undefined) terminal.line(`Undo with: zagi remote add ${name} ${formatRemoteAddress(before)}`)
    terminal.object({ removed: name })
  },
})

export const remoteCommands = [list, add, remove]
