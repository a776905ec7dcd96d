import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, explaining, removeStaleTemporaries, temporaryBeside } from '../base/index.ts'
import { type Backend, localBackend } from '../store/index.ts'
import { type Binaries, openBinaries } from './binaries.ts'
import { type ChunkCatalog, openChunkCatalog } from './chunk-catalog.ts'
import { createLimiter } from './limiter.ts'
import { type OpenedTools, openTools } from './open-tools.ts'
import { parsePublicUrl } from './public-url.ts'
import { createServerLog, type ServerLog } from './server-log.ts'
import { defaultLimits, type ServerLimits, type ServerOptions } from './server-options.ts'
import { openTokenBook, type TokenBook } from './tokens.ts'
import type { ToolService } from './tools/index.ts'

/** What the routes of one server share. Nothing here but the storage outlives the process. */
export interface Service {
  storage: Backend
  chunks: ChunkCatalog
  tokens: TokenBook
  binaries: Binaries
  /** Opened when it is first asked for. */
  tools(): Promise<ToolService>
  limits: ServerLimits
  log: ServerLog
  private: boolean
  publicUrl: string | undefined
  /** A private folder for bodies on their way, of this process alone. */
  temporary: string
  /** Runs the check of a pack when it is its turn. */
  checking: <T>(action: () => Promise<T>) => Promise<T>
  /** True from the moment the server was told to stop. */
  stopping: boolean
  /** Aborted when the server cannot wait any longer. */
  stop: AbortController
  stopped: AbortSignal
  close(): Promise<void>
}

/** Opens everything a server works with. @throws ZagiError where the data folder cannot be used */
export function openService(options: ServerOptions): Service {
  const { data } = options
  const limits = { ...defaultLimits, ...options.limits }
  ensureFolder(data, 0o700)
  const temporary = makeTemporaryFolder(join(data, 'temporary'))
  const stop = new AbortController()
  const log = createServerLog(options.log)
  const storage = options.storage ?? localBackend(join(data, 'objects'))
  let opened: Promise<OpenedTools> | undefined
  const service: Service = {
    storage,
    chunks: openChunkCatalog(storage, log),
    tokens: openTokenBook(data),
    binaries: openBinaries({ folder: options.binaries, cache: join(data, 'binaries') }),
    async tools() {
      opened ??= openTools(service, options)
      return (await opened).tools
    },
    limits,
    log,
    private: options.private === true,
    publicUrl: options.publicUrl === undefined ? undefined : parsePublicUrl(options.publicUrl),
    temporary,
    checking: createLimiter(limits.checks),
    stopping: false,
    stop,
    stopped: stop.signal,
    async close() {
      await opened?.then(({ close }) => close())
      rmSync(temporary, { recursive: true, force: true })
    },
  }
  return service
}

// One folder a process: several servers may share a data folder. What a killed one left goes after a day.
function makeTemporaryFolder(parent: string): string {
  ensureFolder(parent, 0o700)
  removeStaleTemporaries(parent)
  const folder = temporaryBeside(join(parent, 'server'))
  explaining('make the folder', folder, () => mkdirSync(folder, { mode: 0o700 }))
  return folder
}
