import { type ErrorCode, errorCodes } from './error-codes.ts'

/** What a ZagiError may carry besides its message. */
export interface ErrorDetails {
  /** What the reader can do next: a sentence without a final period. */
  hint?: string
  cause?: unknown
}

/**
 * A failure that the user or the outside world can do something about.
 * Messages: sentence case, no final period, values in double quotes, what was tried on what and why it failed.
 * A broken invariant of our own is a plain `Error('Bug: …')` instead.
 */
export class ZagiError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'ZagiError'
    this.code = code
    this.hint = details.hint
  }
}

/** True for a ZagiError, with this code if one is given. */
export function isZagiError(error: unknown, code?: ErrorCode): error is ZagiError {
  return error instanceof ZagiError && (code === undefined || error.code === code)
}

/** True for one of our documented codes: what a remote sent is checked with this before it is believed. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}

/** The errno name of a Node system error ("ENOENT"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
