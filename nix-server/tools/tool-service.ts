import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureFolder, isZagiError, type LongOperation, type SystemName } from '../../base/index.ts'
import { closureRoots } from '../../envs/index.ts'
import type { BlobRef, Holdings, Roots, Store } from '../../store/index.ts'
import { createLimiter } from '../limiter.ts'
import { type CacheOptions, openBinaryCache } from './binary-cache.ts'
import { type Catalog, type CatalogEntry, type CatalogTool, searchTools } from './catalog.ts'
import { readClosureInThread } from './closure-thread.ts'
import type { StoredClosure } from './closure-to-store.ts'
import { fileCatalog } from './file-catalog.ts'
import { flakeCatalog } from './flake-catalog.ts'
import { nixpkgsCatalog } from './nixpkgs-catalog.ts'
import { forgetPaths } from './path-records.ts'
import { type RealiseOptions, realise } from './realise.ts'
import type { Environment, Nix } from './run-nix.ts'
import { SharedWork } from './shared-work.ts'
import { parseToolRequest } from './tool-request.ts'

/** A version that a request such as `node@22` came to. */
export interface ResolvedTool {
  request: string
  name: string
  version: string
}

/** A tool and its versions, newest first, as a search finds it. */
export type FoundTool = CatalogTool

/** A tool whose whole closure lies in the object storage. */
export interface RealisedTool {
  name: string
  version: string
  /** Base name of the tool's own store path: `<32 letters>-<name>`. */
  path: string
  closure: BlobRef
  roots: Roots
  holdings: Holdings
  files: number
  bytes: number
  /** Names of the programs in its `bin`, sorted. */
  bin: string[]
}

export interface ToolServiceOptions {
  /** Where the chunks of realised tools are written first. */
  store: Store
  /** A folder of its own: records of what was read already, garbage collector roots, downloads. */
  folder: string
  /** Brings everything below the roots into the object storage and says where it lies. */
  publish(roots: Roots, operation: LongOperation): Promise<Holdings>
  /** A flake, or a JSON file in the form of its `catalog` output; without one: the names of nixpkgs. */
  catalog?: string | undefined
  cache?: CacheOptions | undefined
  /** The `nix` program; default: the one on PATH. Without one only `cache` can serve tools. */
  nixProgram?: string | undefined
  /** The server's environment, of which Nix gets what it needs: PATH, HOME, proxies, its own settings. */
  environment?: Environment | undefined
  /** Longest time for one build; default 2 hours. */
  buildMs?: number | undefined
  log(line: string): void
}

/** What the HTTP half serves under `/v1/tools`. */
export interface ToolService {
  /** @throws ZagiError BAD_NAME, TOOL_UNKNOWN, VERSION_UNKNOWN, TOOL_FAILED */
  resolve(requests: string[], system: SystemName): Promise<ResolvedTool[]>
  /** Requests for the same tool share one build; aborting one of them leaves the others. */
  realise(tool: { name: string; version: string; system: SystemName }, operation?: LongOperation): Promise<RealisedTool>
  search(query: string, system: SystemName): Promise<FoundTool[]>
  /** Stops what is being built. */
  close(): Promise<void>
}

const defaultBuildMs = 2 * 3600_000
/** Builds and downloads under way at once; others wait. */
const buildsAtOnce = 2

/** A tool service over the given catalog, Nix and binary cache; see docs/server-tools.md. @throws ZagiError for bad options */
export function createToolService(options: ToolServiceOptions): ToolService {
  const { store, folder, log } = options
  ensureFolder(folder)
  const environment = options.environment ?? {}
  const nix: Nix = { program: options.nixProgram ?? 'nix', environment }
  const catalog = openCatalog(options.catalog, nix, log)
  const place = { folder: join(folder, 'downloads'), path: environment['PATH'] }
  const realiseOptions: RealiseOptions = {
    nix,
    roots: join(folder, 'roots'),
    limitMs: options.buildMs ?? defaultBuildMs,
    cache: options.cache && { options: options.cache, place, opened: openBinaryCache(options.cache, place) },
    log,
  }
  const recordsFolder = join(folder, 'paths')
  const shared = new SharedWork<RealisedTool>()
  const building = createLimiter(buildsAtOnce)
  // Closures are read one after the other: they share most of their paths, and reading keeps a core busy.
  const reading = createLimiter(1)

  const bring = async (entry: CatalogEntry, system: SystemName, operation: LongOperation): Promise<StoredClosure> => {
    const started = performance.now()
    operation.onProgress?.({ phase: 'Waiting for its turn', done: 0, total: 0, unit: 'steps' })
    const closure = await building(() => realise(entry, realiseOptions, operation))
    const task = { closure, main: entry.path, system, recordsFolder }
    const result = await reading(() => readClosureInThread(task, store, operation))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const counts = `${closure.infos.length} store paths, ${result.read} read, ${result.files} files, ${result.bytes} bytes`
    log(`${entry.name}@${entry.version} for ${system}: ${counts}, ${seconds} s`)
    return result
  }

  const deliver = async (entry: CatalogEntry, system: SystemName, operation: LongOperation): Promise<RealisedTool> => {
    const { closure, files, bytes, bin } = await bring(entry, system, operation)
    const roots = closureRoots(store, closure)
    const holdings = await options.publish(roots, operation)
    return { name: entry.name, version: entry.version, path: entry.path, closure, roots, holdings, files, bytes, bin }
  }

  return {
    async resolve(requests, system) {
      const parsed = requests.map((request) => ({ request, ...parseToolRequest(request) }))
      const resolved: ResolvedTool[] = []
      for (const { request, name, version } of parsed) {
        const entry = await catalog.choose(name, version, system)
        resolved.push({ request, name: entry.name, version: entry.version })
      }
      return resolved
    },

    async realise({ name, version, system }, operation = {}) {
      parseToolRequest(`${name}@${version}`)
      const work = async (operation: LongOperation): Promise<RealisedTool> => {
        const entry = await catalog.find(name, version, system)
        try {
          return await deliver(entry, system, operation)
        } catch (error) {
          if (!isZagiError(error, 'CHUNK_MISSING')) throw error
          log(`${name}@${version}: reading everything again: ${error.message}`)
          forgetPaths(recordsFolder)
          return deliver(entry, system, operation)
        }
      }
      return shared.run(JSON.stringify([system, name, version]), work, operation)
    },

    async search(query, system) {
      return searchTools(await catalog.tools(system), query)
    },

    close: () => shared.close(),
  }
}

function openCatalog(address: string | undefined, nix: Nix, log: (line: string) => void): Catalog {
  if (address === undefined) return nixpkgsCatalog(nix)
  const stat = statSync(address, { throwIfNoEntry: false })
  if (stat?.isFile() && address.endsWith('.json')) return fileCatalog(address, log)
  // Nix would look a bare word up in its registry.
  return flakeCatalog({ nix, flake: stat?.isDirectory() ? resolve(address) : address, log })
}
