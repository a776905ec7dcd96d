import { resolve } from 'node:path'
import { ZagiError } from '../../base/index.ts'
import { command, flag, list, text } from '../command.ts'

const defaultAddress = '127.0.0.1:7070'

export const serve = command({
  name: 'serve',
  about: [
    'Runs a server: for pushing and cloning, for tools, for the installer at its address, and for plain "git clone". It keeps everything in one folder. Ctrl-C stops it after the requests in flight.',
    'Anybody may read unless --private is given; pushing and adding tools takes a token: zagi token create. Its log goes to standard error, one JSON object a line.',
  ],
  arguments: {
    data: text('--data', 'DIR', 'The folder for all it keeps; made if it is not there'),
    listen: text('--listen', 'HOST:PORT', `Where to listen; ${defaultAddress} if left out, port 0 takes any free one`),
    publicUrl: text('--public-url', 'URL', 'The address that clients reach it by, where that is another one'),
    private: flag('--private', 'Reading takes a token too'),
    catalog: text('--catalog', 'FLAKE', 'A Nix flake that names the tools; nixpkgs if left out'),
    cache: text('--cache', 'URL', 'A Nix binary cache to take tools from'),
    cacheKeys: list('--cache-key', 'NAME:KEY', 'A public key that the cache signs with'),
    binaries: text('--binaries', 'DIR', 'A folder with zagi programs for other systems, for the installer'),
  },
  examples: [
    ['serve --data /srv/zagi', 'For this machine only'],
    ['serve --data /srv/zagi --listen 0.0.0.0:80 --public-url http://zagi.example.org', 'For others'],
  ],
  async run(values, { settings, terminal, signal }) {
    if (values.data === undefined) {
      throw new ZagiError('USAGE', '"zagi serve" needs a folder for what it keeps', {
        hint: 'Name it with: zagi serve --data DIR',
      })
    }
    const data = resolve(settings.folder, values.data)
    const { listTokens, startServer } = await import('../../nix-server/index.ts')
    const { publicUrl, catalog, binaries, cache, cacheKeys } = values
    const server = await startServer({
      data,
      ...parseAddress(values.listen ?? defaultAddress),
      private: values.private,
      publicUrl,
      catalog,
      cache: cache === undefined ? undefined : { url: cache, keys: cacheKeys },
      binaries: binaries === undefined ? undefined : resolve(settings.folder, binaries),
      environment: settings.environment,
      log: (line) => terminal.warn(line),
    })
    terminal.line(`Serving ${data} at ${server.url}`)
    terminal.object({ url: server.url, data })
    if (listTokens(data).length === 0 && !terminal.json) {
      terminal.line(`Nobody can push yet; make a token with: zagi token create --data ${values.data}`)
    }
    if (!signal.aborted) await new Promise((stop) => signal.addEventListener('abort', stop, { once: true }))
    await server.close()
  },
})

function parseAddress(address: string): { host: string; port: number } {
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(address) ?? []
  const port = Number(digits)
  if (host !== undefined && port <= 65535) return { host: host.replace(/^\[(.*)\]$/, '$1'), port }
  throw new ZagiError('USAGE', `"${address}" is not an address to listen on`, {
    hint: 'Give HOST:PORT, for example 0.0.0.0:7070',
  })
}
