import { join } from 'node:path'
import { ensureFolder } from '../base/index.ts'
import { openRemote, openStore } from '../store/index.ts'
import { locateRoots } from './chunk-routes.ts'
import type { ServerOptions } from './server-options.ts'
import type { Service } from './service.ts'
import type { ToolService } from './tools/index.ts'

export interface OpenedTools {
  tools: ToolService
  close(): Promise<void>
}

/** The tools of a server, whose chunks go from a store of their own into the server's storage, in packs like all others. */
export async function openTools(service: Service, options: ServerOptions): Promise<OpenedTools> {
  const { createToolService } = await import('./tools/index.ts')
  const folder = join(options.data, 'tools')
  ensureFolder(folder, 0o700)
  const store = openStore(join(folder, 'store'))
  const remote = openRemote(service.storage, { cacheFolder: join(folder, 'pack-indexes') })
  const tools = createToolService({
    store,
    folder,
    catalog: options.catalog,
    cache: options.cache,
    environment: options.environment,
    log: (line) => service.log({ event: 'tools', text: line }),
    async publish(roots, operation) {
      await remote.upload(store, store.reachable(roots), operation)
      const { holdings, missing } = await locateRoots(service, roots, operation.signal)
      if (missing.length > 0) throw new Error(`Bug: the storage lacks ${missing[0]}, which was just uploaded`)
      return holdings
    },
  })
  return {
    tools,
    async close() {
      await tools.close()
      store.close()
    },
  }
}
