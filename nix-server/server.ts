import type { RunningServer, ServerOptions } from './server-options.ts'

/** Starts an HTTP server over an object storage; resolves once it listens. */
export async function startServer(_options: ServerOptions): Promise<RunningServer> {
  throw new Error('Bug: not written yet')
}
