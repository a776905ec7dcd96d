import { type ErrorCode, isZagiError, redact, ZagiError } from '../base/index.ts'
import type { Exchange } from './exchange.ts'

// Codes that the client caused or can act on. Whatever is not here is the server's own trouble: 500, and the
// details stay in the log, because they may name files of the server.
const statuses: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  BAD_NAME: 400,
  PATH_UNSAFE: 400,
  DOWNLOAD_CUT: 400,
  AUTH_MISSING: 401,
  AUTH_DENIED: 403,
  KEY_NOT_FOUND: 404,
  REPOSITORY_NOT_FOUND: 404,
  TOOL_UNKNOWN: 404,
  VERSION_UNKNOWN: 404,
  SYSTEM_MISSING: 404,
  CHUNK_MISSING: 409,
  REF_MOVED: 412,
  TOO_LARGE: 413,
  CHUNK_CORRUPT: 422,
  PACK_CORRUPT: 422,
  INDEX_CORRUPT: 422,
  TREE_CORRUPT: 422,
  MANIFEST_CORRUPT: 422,
  GIT_OBJECT_CORRUPT: 422,
  GIT_UNSUPPORTED: 422,
  FORMAT_TOO_NEW: 422,
  MISSING_PROGRAM: 501,
  TOOL_FAILED: 502,
  SIGNATURE_BAD: 502,
  NARINFO_BAD: 502,
  NAR_BAD: 502,
  BUSY: 503,
  INTERRUPTED: 503,
}

/** An error with a status other than its code's usual one, or with headers of its own. */
export class HttpError extends ZagiError {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    details: { hint?: string; headers?: Record<string, string> } = {},
  ) {
    super(code, message, details.hint === undefined ? {} : { hint: details.hint })
    this.status = status
    this.headers = details.headers ?? {}
  }
}

/** What an error looks like from outside. */
export interface ErrorAnswer {
  status: number
  headers: Record<string, string>
  body: { error: { code: ErrorCode; message: string; hint?: string } }
}

/** The answer for an error; what is not meant for clients becomes a plain 500 or 507. */
export function describeError(error: unknown): ErrorAnswer {
  if (error instanceof HttpError) return answer(error.status, error, error.headers)
  if (isZagiError(error, 'DISK_FULL')) {
    const hint = 'Tell whoever runs the server'
    return answer(507, new ZagiError('SERVER_FAILED', "The server's disk is full", { hint }))
  }
  const status = isZagiError(error) ? statuses[error.code] : undefined
  if (status !== undefined) return answer(status, error as ZagiError)
  const hint = 'Try again; if it stays so, whoever runs the server finds the reason in its log'
  return answer(500, new ZagiError('SERVER_FAILED', 'The server failed while answering', { hint }))
}

function answer(status: number, error: ZagiError, headers: Record<string, string> = {}): ErrorAnswer {
  const body = { code: error.code, message: redact(error.message) }
  return {
    status,
    headers,
    body: { error: error.hint === undefined ? body : { ...body, hint: redact(error.hint) } },
  }
}

export interface AnswerOptions {
  status?: number
  headers?: Record<string, string>
}

/** Answers with JSON and a line feed, not to be cached. */
export function sendJson(exchange: Exchange, value: unknown, options: AnswerOptions = {}): void {
  const headers = { 'content-type': 'application/json', ...options.headers }
  sendText(exchange, `${JSON.stringify(value)}\n`, { ...options, headers })
}

/** Answers with a text, not to be cached unless the headers say so. */
export function sendText(exchange: Exchange, text: string, options: AnswerOptions = {}): void {
  const bytes = Buffer.from(text)
  exchange.response.writeHead(options.status ?? 200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-cache',
    ...options.headers,
  })
  exchange.response.end(bytes)
}
