import { connect, type Socket } from 'node:net'
import { type ServerOptions, startServer } from '../../nix-server/index.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

/** A server under test, on a free port of 127.0.0.1. */
export interface TestServer {
  url: string
  port: number
  data: string
  /** What it has logged so far. */
  log: Record<string, unknown>[]
  close(): Promise<void>
}

/** Starts a server in a folder of its own. */
export async function testServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const data = options.data ?? temporaryFolder('server')
  const log: Record<string, unknown>[] = []
  const server = await startServer({ port: 0, log: (line) => log.push(JSON.parse(line)), ...options, data })
  return { url: server.url, port: Number(new URL(server.url).port), data, log, close: () => server.close() }
}

/** Runs `action` with a server that is closed afterwards. */
export async function withServer(
  options: Partial<ServerOptions>,
  action: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await testServer(options)
  try {
    await action(server)
  } finally {
    await server.close()
  }
}

/** The code of an error answer, after checking that it has the form of one. */
export async function errorCode(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  if (typeof error.message !== 'string' || error.message === '') throw new Error('An error answer without a message')
  return error.code
}

/** Sends bytes as they are and returns all that comes until the server closes. */
export function sendRaw(server: TestServer, ...pieces: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = rawSocket(server)
    let got = ''
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      got += text
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(got))
    for (const piece of pieces) socket.write(piece, 'latin1')
  })
}

export function rawSocket(server: TestServer): Socket {
  return connect(server.port, '127.0.0.1')
}
