import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeServer {
  url: string
  /** Method and path of every request, with the Range header. */
  requests: string[]
  close(): Promise<void>
}

/** A server that answers as a broken or hostile one does: `answers` one after the other, the last one again and again. */
export async function fakeServer(
  ...answers: ((request: IncomingMessage, response: ServerResponse, body: Buffer) => void)[]
): Promise<FakeServer> {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const { range } = request.headers
    requests.push(`${request.method} ${request.url}${range === undefined ? '' : ` ${range}`}`)
    const answer = answers[Math.min(requests.length, answers.length) - 1]!
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    answer(request, response, Buffer.concat(pieces))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
