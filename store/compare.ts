import type { BlobRef, Id, PathChange, SnapshotOptions, Store } from './types.ts'
export function compareTrees(_store: Store, _a: Id | undefined, _b: Id | undefined): PathChange[] {
  throw new Error('Bug: not written yet')
}
export function compareFolder(
  _store: Store,
  _snapshot: { root: Id; times: BlobRef },
  _folder: string,
  _options: SnapshotOptions = {},
): Promise<PathChange[]> {
  throw new Error('Bug: not written yet')
}
