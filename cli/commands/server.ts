import { command, optionalWord } from '../command.ts'

export const server = command({
  name: 'server',
  about: [
    'Shows the default server, or sets it: where OWNER/NAME is cloned from and pushed to, and where tools come from. ZAGI_SERVER goes before it.',
  ],
  arguments: { url: optionalWord('URL', 'http://, https:// or file:// address') },
  examples: [
    ['server', 'Which server it is'],
    ['server https://zagi.example.org', 'Another one'],
  ],
  async run({ url }, { settings, terminal }) {
    const { defaultServer, setDefaultServer } = await import('../../project/index.ts')
    const before = defaultServer({ ...settings.user, server: undefined })
    if (url !== undefined) {
      setDefaultServer(settings.user, url)
      const now = defaultServer({ ...settings.user, server: undefined })
      terminal.line(`Default server: ${now}`)
      if (before !== undefined && before !== now) terminal.line(`Undo with: zagi server ${before}`)
      if (settings.user.server !== undefined) {
        terminal.warn(`ZAGI_SERVER is set and goes before it: ${settings.user.server}`)
      }
      terminal.object({ server: now })
      return
    }
    const now = defaultServer(settings.user)
    terminal.line(now ?? 'No default server is set; set one with: zagi server URL')
    terminal.object({ server: now })
  },
})
