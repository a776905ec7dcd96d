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

/** Makes a token. Its text is in the answer and nowhere else. */
export function createToken(_data: string, _kind: TokenKind, _note: string): TokenRecord & { token: string } {
  throw new Error('Bug: not written yet')
}

/** All tokens of a server, oldest first. */
export function listTokens(_data: string): TokenRecord[] {
  throw new Error('Bug: not written yet')
}

/** Revokes the token with this id; false where there is none. Running servers refuse it from their next request on. */
export function revokeToken(_data: string, _id: string): boolean {
  throw new Error('Bug: not written yet')
}
