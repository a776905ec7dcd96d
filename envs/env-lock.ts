import type { SystemName } from '../base/index.ts'
import type { BlobRef } from '../store/index.ts'

/** A tool as it was recorded for one system. */
export interface ToolSystem {
  closure: BlobRef
  /** Base name of the tool's own store path. */
  name: string
  files: number
  bytes: number
  /** Names of the programs in its `bin`, sorted. */
  bin: string[]
}

export interface ToolLock {
  /** What the user asked for: `node@22`. */
  request: string
  version: string
  systems: Partial<Record<SystemName, ToolSystem>>
}

/** `.zagi/lock/env.json`, see docs/formats/env-lock.md. */
export interface EnvLock {
  version: 1
  /** By tool name. */
  tools: Record<string, ToolLock>
}

/** @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function parseEnvLock(_bytes: Uint8Array): EnvLock {
  throw new Error('Bug: not written yet')
}

/** Stable text: tools and systems sorted, one value a line. */
export function formatEnvLock(_lock: EnvLock): string {
  throw new Error('Bug: not written yet')
}
