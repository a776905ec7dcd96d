import type { LongOperation } from '../base/index.ts'
import type { BlobRef, Store } from '../store/index.ts'

/** Where tools go on this machine, and what to do where that path is too long or has characters that cannot be written into programs. */
export interface ToolsPlace {
  /** `~/.zagi/s`, see `ZagiHome.tools`. */
  tools: string
  /** The user's private runtime folder, XDG_RUNTIME_DIR, where there is one. */
  runtime?: string | undefined
  /** A folder for temporary files that has a short name; default `/tmp`. */
  temporary?: string | undefined
}

export interface MaterialisedTool {
  /** The folder of the tool itself. */
  main: string
  /** Every path of the closure. */
  paths: { name: string; folder: string }[]
}

/**
 * Makes a closure usable on this machine: writes each of its paths below the tools folder, with every reference rewritten.
 * What is there and intact is left alone. Safe against a kill at any moment and against other processes doing the same.
 * @throws ZagiError HOME_TOO_LONG, CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT, MANIFEST_CORRUPT, DISK_FULL, …
 */
export function materialise(
  _store: Store,
  _closure: BlobRef,
  _options: ToolsPlace & LongOperation,
): Promise<MaterialisedTool> {
  throw new Error('Bug: not written yet')
}

/** Every tool folder on this machine, with the full store name that it was made from. */
export function installedTools(_toolsFolder: string): { folder: string; name: string }[] {
  throw new Error('Bug: not written yet')
}
