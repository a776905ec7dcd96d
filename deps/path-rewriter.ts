import type { Rewriter } from '../store/index.ts'

export interface Replacement {
  /** Absolute path as it is in files on this machine. */
  local: string
  /** What stands for it in the store: "@zagi:project@". */
  stored: string
}

/** What stands for the project's own folder in stored files. */
export const projectToken = '@zagi:project@'

/** What stands for the folder of a materialised tool: `name` is its full `<32 hash>-<name>`. */
export function toolToken(name: string): string {
  return `@zagi:tool:${name}@`
}

/** Replaces local paths by tokens and back. `fromStored(toStored(x))` is x for every x. */
export function pathRewriter(_replacements: Replacement[]): Rewriter {
  throw new Error('Bug: not written yet')
}
