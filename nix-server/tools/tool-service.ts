import type { LongOperation, SystemName } from '../../base/index.ts'
import type { BlobRef, Holdings, Roots, Store } from '../../store/index.ts'

/** A version that a request such as `node@22` came to. */
export interface ResolvedTool {
  request: string
  name: string
  version: string
}

/** A tool and its versions, newest first, as a search finds it. */
export interface FoundTool {
  name: string
  versions: string[]
  description: string
}

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

/** A binary cache to take store paths from; `keys` are `name:base64` public keys. */
export interface CacheOptions {
  url: string
  keys: string[]
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

/** A tool service over the given catalog, Nix and binary cache; see docs/server-tools.md. */
export function createToolService(_options: ToolServiceOptions): ToolService {
  throw new Error('Bug: not written yet')
}
