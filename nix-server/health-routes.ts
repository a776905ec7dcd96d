import { sendJson } from './answers.ts'
import { packKey } from './object-key.ts'
import type { Route } from './router.ts'
import { errorText } from './server-log.ts'
import type { Service } from './service.ts'

/** `/health`: the process answers. `/ready`: it can do its work, its storage included. */
export function healthRoutes(service: Service): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/health',
      access: 'open',
      handle: (exchange) => sendJson(exchange, { status: 'ok' }),
    },
    {
      method: 'GET',
      pattern: '/ready',
      access: 'open',
      async handle(exchange) {
        const reason = service.stopping ? 'stopping' : await storageTrouble(service)
        if (reason === undefined) sendJson(exchange, { status: 'ready' })
        else sendJson(exchange, { status: 'not ready', reason }, { status: 503 })
      },
    },
  ]
}

async function storageTrouble(service: Service): Promise<string | undefined> {
  try {
    // No such pack exists: this asks the storage something without reading anything.
    await service.storage.head(packKey('0'.repeat(64)))
    await service.chunks.refresh(0)
    return undefined
  } catch (error) {
    service.log({ event: 'error', path: '/ready', error: errorText(error) })
    return 'the storage does not answer'
  }
}
