import { errnoOf, errorCodes, exitStatus, explainSystemError, isZagiError, redact, ZagiError } from '../base/index.ts'
import { printableLine } from './printable.ts'

export interface ReportOptions {
  json: boolean
  debug: boolean
  bold(text: string): string
  red(text: string): string
}

/** A failure as it is shown: what goes to which stream, and the exit status. */
export interface Report {
  stdout: string
  stderr: string
  status: number
}

/**
 * Puts a failure into words. A ZagiError is the user's to solve, so are system errors that nobody explained before;
 * anything else is a bug of ours.
 */
export function reportError(thrown: unknown, options: ReportOptions): Report {
  const error = explained(thrown)
  const known = isZagiError(error)
  const code = known ? error.code : 'BUG'
  const message = redact(messageOf(error))
  const hint = redact((known ? error.hint : bugHint(options.debug)) ?? '')
  const status = known ? errorCodes[error.code].exit : exitStatus.bug
  const stack = options.debug ? `${redact(stackOf(error))}\n` : ''
  if (options.json) {
    return { stdout: `${JSON.stringify({ error: { code, message, hint: hint || null } })}\n`, stderr: stack, status }
  }
  if (code === 'INTERRUPTED') return { stdout: '', stderr: `${message}\n${stack}`, status }
  const lines = [`${options.red(options.bold('Error:'))} ${printableLine(message)}`]
  if (hint) lines.push(`${options.bold('Hint:')} ${printableLine(hint)}`)
  return { stdout: '', stderr: `${lines.join('\n')}\n${stack}`, status }
}

function explained(thrown: unknown): unknown {
  if (isZagiError(thrown)) return thrown
  const errno = errnoOf(thrown)
  if (errno === undefined) return thrown
  const { syscall, path } = thrown as NodeJS.ErrnoException
  return path === undefined
    ? new ZagiError('SYSTEM', `The operating system refused "${syscall}": ${errno}`, { cause: thrown })
    : explainSystemError(thrown, `"${syscall}"`, path)
}

function messageOf(error: unknown): string {
  if (isZagiError(error)) return error.message
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith('Bug: ') ? message : `Bug: ${message}`
}

function bugHint(debug: boolean): string {
  const more = debug ? 'with the lines below' : 'with what it says when ZAGI_DEBUG=1 is set'
  return `This is a mistake in zagi, and nothing you did wrong. Please report it where you got zagi, ${more}`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
