import type { Snapshot, SnapshotOptions, Store } from './types.ts'
export function snapshotFolder(_store: Store, _folder: string, _options: SnapshotOptions = {}): Promise<Snapshot> {
  throw new Error('Bug: not written yet')
}
