import { setTimeout as wait } from 'node:timers/promises'
import { isZagiError, throwIfInterrupted, ZagiError } from '../base/index.ts'

const attempts = 6
// Nobody listens there: that seldom mends itself within a second, and the user is waiting.
const attemptsToConnect = 3
const firstPauseMs = 200
const longestPauseMs = 8000

/** A failure that may go away by itself. */
export class Transient extends Error {
  /** What the user is told when it does not. */
  readonly final: ZagiError
  /** How long the server asked to be left alone. */
  readonly afterMs: number
  readonly connecting: boolean

  constructor(final: ZagiError, options: { afterMs?: number; connecting?: boolean } = {}) {
    super(final.message)
    this.final = final
    this.afterMs = options.afterMs ?? 0
    this.connecting = options.connecting ?? false
  }
}

/** Counts failures in a row and waits between attempts: exponential backoff with full jitter. */
export class Retry {
  #failures = 0
  readonly #signal: AbortSignal | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  /** Something was received: start counting again. */
  progress(): void {
    this.#failures = 0
  }

  /** Waits before the next attempt, or throws where another one makes no sense. */
  async failed(error: unknown): Promise<void> {
    throwIfInterrupted(this.#signal)
    if (!(error instanceof Transient)) throw error
    if (++this.#failures >= (error.connecting ? attemptsToConnect : attempts)) throw error.final
    const backoff = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures) * Math.random()
    try {
      await wait(Math.max(backoff, error.afterMs), undefined, { signal: this.#signal })
    } catch {
      throwIfInterrupted(this.#signal)
    }
  }
}

/** Runs `attempt` until it succeeds or fails for good. */
export async function retrying<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  const retry = new Retry(signal)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      await retry.failed(error)
    }
  }
}

// UND_ERR_ABORTED: a proxy refused, too.
const refused = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_ABORTED',
])
const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** Turns what the HTTP library throws into a Transient where trying again may help, else into a ZagiError. */
export function connectionError(error: unknown, address: string): unknown {
  if (isZagiError(error) || error instanceof Transient || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = error.message === '' ? code : error.message
  const final = new ZagiError('SERVER_UNREACHABLE', `Could not reach "${address}": ${reason}`, {
    hint: 'Check the address and the network, and that the server runs',
    cause: error,
  })
  if (refused.has(code)) return new Transient(final, { connecting: true })
  if (broken.has(code) || code.startsWith('UND_ERR_')) return new Transient(final)
  // TLS and the like: wrong now, wrong in a second.
  return code === '' ? error : final
}
