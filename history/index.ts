export { indexPack } from './git/index-pack.ts'
export { formatRefsDocument, parseRefsDocument } from './refs-document.ts'
export { initRepository, openRepository } from './repository.ts'
export type * from './types.ts'
