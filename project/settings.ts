import { ensureFolder, readFileIfPresent, writeFileAtomic, ZagiError } from '../base/index.ts'
import type { User } from './user.ts'

/** `~/.zagi/config.json`: what the user set once for all projects. Mode 0600, because tokens are in it. */
export interface Settings {
  /** Default remote: `zagi clone owner/name` asks here. */
  server?: string
  /** Server address → bearer token. */
  tokens: Record<string, string>
}

/** Reads the settings; there are none on a new machine. @throws ZagiError MANIFEST_CORRUPT */
function readSettings(user: User): Settings {
  const bytes = readFileIfPresent(user.home.config)
  if (bytes === undefined) return { tokens: {} }
  const damaged = (cause?: unknown) =>
    new ZagiError(
      'MANIFEST_CORRUPT',
      `Could not read the settings in "${user.home.config}": not in the expected form`,
      {
        hint: 'Correct the file, or remove it and set the server again with: zagi server URL',
        cause,
      },
    )
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw damaged(error)
  }
  if (typeof value !== 'object' || value === null) throw damaged()
  const { server, tokens } = value as { server?: unknown; tokens?: unknown }
  if (server !== undefined && typeof server !== 'string') throw damaged()
  const pairs = typeof tokens === 'object' && tokens !== null ? Object.entries(tokens) : []
  return {
    ...(server === undefined ? {} : { server }),
    tokens: Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string')),
  }
}

function writeSettings(user: User, settings: Settings): void {
  ensureFolder(user.home.root, 0o700)
  writeFileAtomic(user.home.config, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 })
}

/** The default server, or undefined on a machine where none was set. */
export function defaultServer(user: User): string | undefined {
  return user.server ?? readSettings(user).server
}

/** Sets the default server. @throws ZagiError USAGE for anything but an http(s) or file address */
export function setDefaultServer(user: User, address: string): void {
  const server = serverAddress(address)
  writeSettings(user, { ...readSettings(user), server })
}

/** The token to show to a server, or undefined. */
export function tokenFor(user: User, server: string): string | undefined {
  return user.token ?? readSettings(user).tokens[originOf(server)]
}

/** Keeps a token for a server; an empty token forgets it. @throws ZagiError USAGE */
export function setToken(user: User, address: string, token: string): void {
  const settings = readSettings(user)
  const { [originOf(serverAddress(address))]: _old, ...others } = settings.tokens
  const tokens = token === '' ? others : { ...others, [originOf(address)]: token }
  writeSettings(user, { ...settings, tokens })
}

// A token is valid for the whole server, whatever path below it is asked for.
function originOf(address: string): string {
  const url = URL.parse(address)
  return url === null || url.origin === 'null' ? address : url.origin
}

/** An address in the one form that is kept: no credentials, no final slash. @throws ZagiError USAGE */
export function serverAddress(address: string): string {
  const url = URL.parse(address)
  if (
    url === null ||
    !['http:', 'https:', 'file:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== ''
  ) {
    throw new ZagiError('USAGE', `"${address}" is not the address of a server`, {
      hint: 'An address looks like https://zagi.example.org, http://127.0.0.1:7070 or file:///srv/zagi',
    })
  }
  return address.replace(/\/+$/, '')
}
