import type { RefsDocument } from './types.ts'

/** Reads a refs document. @throws ZagiError BAD_ANSWER */
export function parseRefsDocument(_bytes: Uint8Array): RefsDocument {
  throw new Error('Bug: not written yet')
}

/** The bytes of a refs document: sorted, so that equal documents have equal bytes. */
export function formatRefsDocument(_document: RefsDocument): Uint8Array {
  throw new Error('Bug: not written yet')
}
