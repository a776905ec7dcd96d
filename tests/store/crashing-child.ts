// Run by crash tests: saves or restores a folder, and kills itself at the named point.
import { armCrashPoint } from '../../base/index.ts'
import { openStore, restoreFolder, type Snapshot, snapshotFolder } from '../../store/index.ts'

/** What the child is to do: JSON in its first argument. */
export interface CrashOrder {
  point: string
  store: string
  folder: string
  /** Restore this; else save the folder. */
  snapshot?: Pick<Snapshot, 'root' | 'times'>
}

if (import.meta.main) {
  const order: CrashOrder = JSON.parse(process.argv[2]!)
  const store = openStore(order.store)
  const statIndexFile = `${order.folder}.index`
  armCrashPoint(order.point)
  if (order.snapshot) {
    await restoreFolder(store, order.snapshot, order.folder, { extras: 'remove', statIndexFile })
  } else {
    await snapshotFolder(store, order.folder, { adopt: true, classify: () => 'shared', statIndexFile })
  }
}
