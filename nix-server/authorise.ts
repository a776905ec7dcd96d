import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from './answers.ts'
import type { Access } from './router.ts'
import type { TokenBook, TokenRecord } from './tokens.ts'

export interface AuthoriseOptions {
  access: Access
  headers: IncomingHttpHeaders
  tokens: TokenBook
  /** Reading needs a token too. */
  private: boolean
}

/**
 * Finds out whose request this is and whether it is allowed. A wrong token is refused even where none is needed,
 * so that nobody believes in a token that does not work.
 * @throws ZagiError AUTH_MISSING, AUTH_DENIED
 */
export function authorise(options: AuthoriseOptions): TokenRecord | undefined {
  const { access, headers, tokens } = options
  if (access === 'open') return undefined
  const shown = shownToken(headers.authorization)
  const token = shown === undefined ? undefined : tokens.find(shown)
  if (shown !== undefined && token === undefined) {
    throw new HttpError(401, 'AUTH_DENIED', 'The server does not know this token', {
      hint: 'It was mistyped or revoked: log in with another one, with: zagi login',
      headers: challenge,
    })
  }
  if (token === undefined && (access === 'write' || options.private)) {
    throw new HttpError(
      401,
      'AUTH_MISSING',
      `The server wants a token for ${access === 'write' ? 'writing' : 'reading'}`,
      {
        hint: 'Ask whoever runs the server for one, then: zagi login',
        headers: challenge,
      },
    )
  }
  if (access === 'write' && token?.kind !== 'write') {
    throw new HttpError(403, 'AUTH_DENIED', 'This token may only read', { hint: 'Log in with a write token' })
  }
  return token
}

// Basic is offered because plain git can only answer that one: any user name, the token as password.
const challenge = { 'www-authenticate': 'Bearer realm="zagi", Basic realm="zagi"' }

function shownToken(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 1000) return header === undefined ? undefined : ''
  const [scheme, value = ''] = header.trim().split(/ +/)
  if (scheme?.toLowerCase() === 'basic')
    return Buffer.from(value, 'base64')
      .toString()
      .replace(/^[^:]*:/, '')
  return scheme?.toLowerCase() === 'bearer' ? value : ''
}
