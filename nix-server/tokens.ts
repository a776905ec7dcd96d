import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, explaining, readFileIfPresent, writeFileAtomic, ZagiError } from '../base/index.ts'
import { holdingLock } from './lock-file.ts'

/** `read` tokens read, `write` tokens read and write. */
export type TokenKind = 'read' | 'write'

/** What is kept about a token: never the token itself. */
export interface TokenRecord {
  /** Short public name, for lists, logs and revoking. */
  id: string
  kind: TokenKind
  note: string
  /** ISO 8601, UTC. */
  created: string
}

interface StoredToken extends TokenRecord {
  /** SHA-256 of the token in hex. A token has 256 random bits, so that a slow password hash would add nothing. */
  hash: string
}

const limitBytes = 4 << 20

/** Makes a token. Its text is in the answer and nowhere else. */
export function createToken(data: string, kind: TokenKind, note: string): TokenRecord & { token: string } {
  const token = `zagi_${kind[0]}_${randomBytes(32).toString('base64url')}`
  const record = { id: randomBytes(4).toString('hex'), kind, note, created: new Date().toISOString() }
  ensureFolder(data, 0o700)
  holdingLock(tokensFile(data), () => {
    write(data, [...read(data), { ...record, hash: hashOf(token).toString('hex') }])
  })
  return { ...record, token }
}

/** All tokens of a server, oldest first. */
export function listTokens(data: string): TokenRecord[] {
  return read(data).map(({ id, kind, note, created }) => ({ id, kind, note, created }))
}

/** Revokes the token with this id; false where there is none. Running servers refuse it from their next request on. */
export function revokeToken(data: string, id: string): boolean {
  if (!read(data).some((token) => token.id === id)) return false
  holdingLock(tokensFile(data), () => {
    const left = read(data).filter((token) => token.id !== id)
    write(data, left)
  })
  return true
}

/** Looks tokens up; sees what other processes create and revoke. */
export interface TokenBook {
  find(token: string): TokenRecord | undefined
}

/** The tokens of a running server: the file is read again whenever it is another one than before. */
export function openTokenBook(data: string): TokenBook {
  let stamp = ''
  let tokens: StoredToken[] = []
  const current = () => {
    const stat = statSync(tokensFile(data), { throwIfNoEntry: false, bigint: true })
    const now = stat ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : ''
    if (now !== stamp) tokens = read(data)
    stamp = now
    return tokens
  }
  return {
    find(token) {
      const hash = hashOf(token)
      let found: StoredToken | undefined
      // All are compared, each in constant time: the duration says nothing about which came close.
      for (const one of current()) if (timingSafeEqual(hash, Buffer.from(one.hash, 'hex'))) found = one
      return found
    },
  }
}

function tokensFile(data: string): string {
  return join(data, 'tokens.json')
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function write(data: string, tokens: StoredToken[]): void {
  writeFileAtomic(tokensFile(data), `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`, { mode: 0o600 })
}

function read(data: string): StoredToken[] {
  const file = tokensFile(data)
  const bytes = explaining('read', file, () => readFileIfPresent(file))
  if (bytes === undefined) return []
  try {
    if (bytes.length > limitBytes) throw new Error(`it has ${bytes.length} bytes`)
    const { version, tokens } = JSON.parse(bytes.toString()) as { version: unknown; tokens: unknown }
    if (version !== 1 || !Array.isArray(tokens) || !tokens.every(isStoredToken)) throw new Error('its form is unknown')
    return tokens
  } catch (error) {
    throw new ZagiError('MANIFEST_CORRUPT', `Could not read the tokens in "${file}": ${(error as Error).message}`, {
      cause: error,
      hint: 'Restore the file from a backup, or remove it and make new tokens',
    })
  }
}

function isStoredToken(value: unknown): value is StoredToken {
  if (typeof value !== 'object' || value === null) return false
  const { id, kind, note, created, hash } = value as Record<string, unknown>
  const texts = typeof id === 'string' && typeof note === 'string' && typeof created === 'string'
  return texts && (kind === 'read' || kind === 'write') && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)
}
