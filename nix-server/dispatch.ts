import type { IncomingMessage, ServerResponse } from 'node:http'
import { ZagiError } from '../base/index.ts'
import { describeError, HttpError, sendJson } from './answers.ts'
import { authorise } from './authorise.ts'
import type { Exchange } from './exchange.ts'
import type { Found } from './router.ts'
import { errorText, type ServerLog } from './server-log.ts'
import type { TokenBook } from './tokens.ts'

export interface DispatchOptions {
  find(method: string, path: string): Found
  tokens: TokenBook
  private: boolean
  log: ServerLog
  /** Given when the server cannot wait any longer. */
  stopped: AbortSignal
}

// A client that still sends a body when it has its answer already is given this long to notice before it is cut off.
const lingerMs = 5000

/** Answers one request and logs it; never throws. */
export async function dispatch(
  options: DispatchOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  const exchange: { -readonly [Key in keyof Exchange]: Exchange[Key] } = {
    request,
    response,
    path: (request.url ?? '').split('?', 1)[0]!,
    query: new URLSearchParams((request.url ?? '').split('?').slice(1).join('?')),
    params: {},
    token: undefined,
    signal: AbortSignal.any([gone.signal, options.stopped]),
  }
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  logWhenDone(options.log, exchange)
  cutOffWhenIdle(request, response)
  // A failed socket shows as an aborted exchange; without a listener it would end the process.
  request.on('error', () => {})
  response.on('error', () => {})
  response.setHeader('x-content-type-options', 'nosniff')
  try {
    const found = options.find(request.method ?? '', exchange.path)
    if (found.kind === 'none')
      throw new ZagiError('KEY_NOT_FOUND', `There is nothing at "${exchange.path.slice(0, 200)}"`)
    if (found.kind === 'wrong method') {
      const allow = found.allow.join(', ')
      throw new HttpError(405, 'USAGE', `"${request.method}" is not possible here`, {
        hint: `Possible: ${allow}`,
        headers: { allow },
      })
    }
    exchange.params = found.params
    const { access } = found.route
    exchange.token = authorise({ access, headers: request.headers, tokens: options.tokens, private: options.private })
    await found.route.handle(exchange)
  } catch (error) {
    answerError(options.log, exchange, error)
  }
}

function answerError(log: ServerLog, exchange: Exchange, error: unknown): void {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) {
    // Too late for another status: cut the answer short, so that nobody takes it for whole.
    if (!exchange.signal.aborted) log({ event: 'error', path: exchange.path, error: errorText(error) })
    response.destroy()
    return
  }
  const { status, headers, body } = describeError(error)
  if (status >= 500) log({ event: 'error', path: exchange.path, error: errorText(error) })
  // Who waits for leave to send must not take the next request's leave for it.
  if (request.headers.expect !== undefined) response.setHeader('connection', 'close')
  sendJson(exchange, body, { status, headers })
}

function logWhenDone(log: ServerLog, exchange: Exchange): void {
  const { request, response } = exchange
  const started = performance.now()
  const before = request.socket.bytesWritten
  // Gone with the connection.
  const from = request.socket.remoteAddress
  response.once('close', () => {
    log({
      event: 'request',
      method: request.method,
      path: exchange.path.slice(0, 300),
      status: response.statusCode,
      // What left the socket, heads included.
      bytes: request.socket.bytesWritten - before,
      ms: Math.round((performance.now() - started) * 10) / 10,
      who: exchange.token?.id ?? 'anonymous',
      from,
      ...(response.writableFinished ? {} : { cut: true }),
    })
  })
}

function cutOffWhenIdle(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return
    const timer = setTimeout(() => request.socket.destroy(), lingerMs).unref()
    request.once('end', () => clearTimeout(timer))
  })
}
