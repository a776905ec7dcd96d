import { resolve } from 'node:path'
import { ZagiError } from '../../base/index.ts'
import { command, optionalWord, text, word } from '../command.ts'

const data = text('--data', 'DIR', "The server's folder")

const create = command({
  name: 'token create',
  about: [
    'Makes a token for a server. "write" tokens allow pushing and adding tools, "read" tokens only reading, which a server asks for with --private. The token is shown once and kept as a hash.',
  ],
  arguments: {
    kind: optionalWord('KIND', 'read or write; write if left out'),
    data,
    note: text('--note', 'TEXT', 'Whom or what it is for'),
  },
  examples: [
    ['token create --data /srv/zagi --note alice', 'A write token'],
    ['token create read --data /srv/zagi', 'A read token'],
  ],
  async run({ kind = 'write', data, note = '' }, { settings, terminal }) {
    const folder = folderOf(data, settings.folder)
    if (kind !== 'read' && kind !== 'write') {
      throw new ZagiError('USAGE', `"${kind}" is not a kind of token`, { hint: 'Choose one of: read, write' })
    }
    const { createToken } = await import('../../nix-server/index.ts')
    const { token, ...record } = createToken(folder, kind, note)
    terminal.line(token)
    if (!terminal.json) {
      terminal.warn(`It is shown only now. Revoke it with: zagi token revoke ${record.id} --data ${data}`)
    }
    terminal.object({ ...record, token })
  },
})

const list = command({
  name: 'token list',
  about: ['Shows the tokens of a server: id, kind, date and note, never the token itself.'],
  arguments: { data },
  examples: [['token list --data /srv/zagi', 'All tokens']],
  async run({ data }, { settings, terminal }) {
    const { listTokens } = await import('../../nix-server/index.ts')
    const tokens = listTokens(folderOf(data, settings.folder))
    for (const { id, kind, note, created } of tokens) {
      terminal.line(`${id}  ${kind.padEnd(5)}  ${created.slice(0, 10)}${note ? `  ${note}` : ''}`)
      terminal.object({ id, kind, note, created })
    }
    if (tokens.length === 0) terminal.line('No tokens: nobody can push')
  },
})

const revoke = command({
  name: 'token revoke',
  about: ['Makes a token worthless. A running server refuses it from its next request on.'],
  arguments: { id: word('ID', 'As "zagi token list" shows it'), data },
  examples: [['token revoke 1a2b3c4d --data /srv/zagi', 'One token']],
  async run({ id, data }, { settings, terminal }) {
    const { revokeToken } = await import('../../nix-server/index.ts')
    if (!revokeToken(folderOf(data, settings.folder), id)) {
      throw new ZagiError('USAGE', `There is no token with the id "${id}"`, {
        hint: `See them with: zagi token list --data ${data}`,
      })
    }
    terminal.line(`Revoked the token ${id}`)
    terminal.object({ revoked: id })
  },
})

function folderOf(data: string | undefined, folder: string): string {
  if (data !== undefined) return resolve(folder, data)
  throw new ZagiError('USAGE', "The server's folder is missing", { hint: 'Name it with: --data DIR' })
}

export const tokenCommands = [create, list, revoke]
