import type { BlobRef, Id, RestoreOptions, RestoreResult, Store } from './types.ts'
export function restoreFolder(
  _store: Store,
  _snapshot: { root: Id; times: BlobRef },
  _target: string,
  _options: RestoreOptions,
): Promise<RestoreResult> {
  throw new Error('Bug: not written yet')
}
