import { isErrorCode, isZagiError, ZagiError } from '../base/index.ts'

/** An error on its way between threads, which keep no classes. */
export interface SentError {
  /** Undefined for what is not a ZagiError: a bug, or an answer of the system that nobody explained. */
  code: string | undefined
  message: string
  hint: string | undefined
  stack: string | undefined
}

export function packError(error: unknown): SentError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  const known = isZagiError(error)
  return { code: known ? error.code : undefined, hint: known ? error.hint : undefined, message, stack }
}

export function unpackError({ code, message, hint, stack }: SentError): Error {
  if (isErrorCode(code)) return new ZagiError(code, message, hint === undefined ? {} : { hint })
  return Object.assign(new Error(message), { stack })
}
