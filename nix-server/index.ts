export { startServer } from './server.ts'
export type { RunningServer, ServerLimits, ServerOptions } from './server-options.ts'
export { createToken, listTokens, revokeToken, type TokenKind, type TokenRecord } from './tokens.ts'
