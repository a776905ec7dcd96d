import { ZagiError } from '../../base/index.ts'
import { command, optionalWord } from '../command.ts'
import { readSecret } from '../read-secret.ts'

export const login = command({
  name: 'login',
  about: [
    'Keeps a token for a server, in ~/.zagi/config.json that only you can read. The token is asked for without showing it, or read from standard input. An empty token forgets the one that is kept.',
    'Whoever runs the server makes tokens, with: zagi token create. ZAGI_TOKEN goes before all that are kept.',
  ],
  arguments: { server: optionalWord('SERVER', 'Its address; the default server if left out') },
  examples: [
    ['login', 'Asks for a token for the default server'],
    ['login https://zagi.example.org < token.txt', 'From a file'],
  ],
  async run({ server }, { settings, terminal, signal }) {
    const { defaultServer, serverAddress, setToken } = await import('../../project/index.ts')
    const address = serverAddress(server ?? defaultServer(settings.user) ?? noServer())
    const token = (await readSecret(`Token for ${address}: `, signal)).trim()
    if (/\s/.test(token) || token.length > 1000) {
      throw new ZagiError('USAGE', 'What was read is not a token: it has spaces or several lines in it', {
        hint: 'Give the one line that "zagi token create" printed',
      })
    }
    setToken(settings.user, address, token)
    terminal.line(token === '' ? `Forgot the token for ${address}` : `Kept the token for ${address}`)
    if (token !== '') terminal.line(`Undo with: zagi login ${address} </dev/null`)
    terminal.object({ server: address, kept: token !== '' })
  },
})

function noServer(): never {
  throw new ZagiError('NO_REMOTE', 'No default server is set', {
    hint: 'Name one: zagi login https://zagi.example.org',
  })
}
