import { type ErrorCode, isErrorCode, ZagiError } from '../base/index.ts'
import { Transient } from './http-retry.ts'

/** An answer as far as its meaning goes. */
export interface Failure {
  status: number
  body: string
  retryAfter: string | undefined
  address: string
}

const byStatus: Record<number, ErrorCode> = {
  401: 'AUTH_MISSING',
  403: 'AUTH_DENIED',
  404: 'KEY_NOT_FOUND',
  409: 'REF_MOVED',
  412: 'REF_MOVED',
  413: 'TOO_LARGE',
}
const passing = new Set([408, 425, 429, 500, 502, 503, 504])
const longestWaitMs = 30_000

/** What an answer other than the wanted one means: a ZagiError, or a Transient where trying again may help. */
export function failureOf(failure: Failure): ZagiError | Transient {
  const { status, address } = failure
  const error = describedError(failure) ?? plainError(status, address)
  if (!passing.has(status)) return error
  const seconds = Number(failure.retryAfter)
  return new Transient(error, { afterMs: seconds > 0 ? Math.min(longestWaitMs, seconds * 1000) : 0 })
}

/** The error that a zagi server wrote into its answer. */
function describedError({ body }: Failure): ZagiError | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  const { code, message, hint } = (value as { error?: Record<string, unknown> } | null)?.error ?? {}
  if (!isErrorCode(code) || typeof message !== 'string') return undefined
  return new ZagiError(code, printable(message), typeof hint === 'string' ? { hint: printable(hint) } : {})
}

function plainError(status: number, address: string): ZagiError {
  if (status >= 500) {
    return new ZagiError('SERVER_FAILED', `"${address}" failed with status ${status}`, {
      hint: 'Try again later, or look into the log of the server',
    })
  }
  const code = byStatus[status]
  if (code !== undefined) return new ZagiError(code, `"${address}" refused with status ${status}`)
  return new ZagiError('BAD_ANSWER', `"${address}" answered with status ${status}, which a zagi server does not`, {
    hint: 'Check that the address is that of a zagi server, and that no proxy answers in its place',
  })
}

// What a server sends goes to a terminal: no control characters, no novels.
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ').slice(0, 2000)
}
