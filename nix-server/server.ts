import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { errnoOf, ZagiError } from '../base/index.ts'
import { dispatch } from './dispatch.ts'
import { createRouter } from './router.ts'
import { errorText } from './server-log.ts'
import type { RunningServer, ServerOptions } from './server-options.ts'
import { openService, type Service } from './service.ts'
import { serviceRoutes } from './service-routes.ts'

// A whole request, head and body: longer than the largest pack takes at the lowest rate that is let through.
const requestMs = 3_600_000
// A little longer than most proxies keep their side, so that it is they who close.
const keepAliveMs = 75_000
// How often Node looks for heads that take too long.
const headCheckMs = 1000
// Longest silence before an answer begins: checking a pack when many others wait, evaluating a catalog.
const workMs = 600_000

/** Starts an HTTP server over an object storage; resolves once it listens. @throws ZagiError */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const service = openService(options)
  try {
    // What is wrong with these is said now, not to the first client.
    if (options.catalog !== undefined || options.cache !== undefined) await service.tools()
    return await listen(service, options)
  } catch (error) {
    await service.close()
    throw error
  }
}

async function listen(service: Service, options: ServerOptions): Promise<RunningServer> {
  const { limits, log } = service
  const find = createRouter(serviceRoutes(service))
  const running = new Set<Promise<void>>()
  const server = createServer({
    headersTimeout: limits.headMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(headCheckMs, limits.headMs),
  })
  server.timeout = limits.idleMs
  const atWork = new Map<Socket, Working>()
  server.on('timeout', (socket) => {
    if (isWorking(atWork.get(socket))) socket.setTimeout(limits.idleMs)
    else socket.destroy()
  })
  server.maxConnections = limits.connections
  const answer = { ...service, find }
  const take = (request: IncomingMessage, response: ServerResponse) => {
    if (service.stopping) response.setHeader('connection', 'close')
    const { socket } = request
    atWork.set(socket, { request, response, since: performance.now() })
    const done = dispatch(answer, request, response).finally(() => {
      running.delete(done)
      atWork.delete(socket)
    })
    running.add(done)
  }
  server.on('request', take)
  // Without this Node would invite every body at once; now only the reader of a body does.
  server.on('checkContinue', take)
  const url = await bind(server, options)
  // Too many open files, say: one connection less, not the end of the server.
  server.on('error', (error) => log({ event: 'error', error: errorText(error) }))
  log({ event: 'start', url, private: options.private === true })
  // Whoever asks first need not wait for it; whether it succeeds is what /ready tells.
  service.chunks.refresh(0).catch((error) => log({ event: 'error', error: errorText(error) }))
  let closing: Promise<void> | undefined
  return {
    url,
    close() {
      closing ??= stop(service, server, running)
      return closing
    },
  }
}

interface Working {
  request: IncomingMessage
  response: ServerResponse
  since: number
}

/** A silent connection is not idle while the server itself is working on the answer to what it has received in full. */
function isWorking(working: Working | undefined): boolean {
  if (working === undefined || performance.now() - working.since > workMs) return false
  return working.request.complete && !working.response.headersSent
}

function bind(server: Server, options: ServerOptions): Promise<string> {
  const { host = '127.0.0.1', port } = options
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => {
      const why: Record<string, string> = {
        EADDRINUSE: 'another program listens there',
        EACCES: 'ports below 1024 are for root',
        EADDRNOTAVAIL: 'this machine does not have the address',
      }
      const reason = why[errnoOf(error) ?? ''] ?? error.message
      const hint = 'Choose another address or port'
      reject(new ZagiError('SYSTEM', `Could not listen on "${host}", port ${port}: ${reason}`, { hint, cause: error }))
    }
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      const { address, family, port: actual } = server.address() as AddressInfo
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`)
    })
  })
}

async function stop(service: Service, server: Server, running: Set<Promise<void>>): Promise<void> {
  service.stopping = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that finishes its request while we wait becomes idle only then.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const tooLong = setTimeout(() => {
    service.stop.abort()
    server.closeAllConnections()
  }, service.limits.stopMs)
  await closed
  clearInterval(idle)
  clearTimeout(tooLong)
  await Promise.all(running)
  await service.close().catch((error) => service.log({ event: 'error', error: errorText(error) }))
  service.log({ event: 'stop' })
}
