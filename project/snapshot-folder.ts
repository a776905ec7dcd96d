import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, explaining, type LongOperation, writeFileAtomic } from '../base/index.ts'
import { dependencyRules, findDependencyFolders } from '../deps/index.ts'
import {
  compareFolder,
  type RestoreResult,
  restoreFolder,
  type Snapshot,
  type Store,
  snapshotFolder,
} from '../store/index.ts'
import { layoutOf } from './layout.ts'
import { formatSnapshotManifest, parseSnapshotManifest } from './snapshot-manifest.ts'

export interface TakenSnapshot extends Snapshot {
  /** First digits of the snapshot's name; also the manifest's file name. */
  id: string
  /** Absolute path of the manifest. */
  manifest: string
}

/**
 * Saves a whole folder, exactly as it is, and writes a manifest for it below `.zagi/snapshots`.
 * Left out: `.git` and `.zagi`, which belong to the machine.
 */
export async function takeSnapshot(store: Store, folder: string, operation: LongOperation): Promise<TakenSnapshot> {
  const root = explaining('look at', folder, () => realpathSync(folder))
  const { snapshots } = layoutOf(root)
  ensureFolder(snapshots)
  const options = { ...wholeFolder(root), ...operation }
  const snapshot = await snapshotFolder(store, root, { ...options, adopt: true })
  const id = createHash('sha256').update(`${snapshot.root} ${snapshot.times.id}`).digest('hex').slice(0, 12)
  const manifest = join(snapshots, `${id}.manifest`)
  const created = new Date().toISOString()
  writeFileAtomic(manifest, formatSnapshotManifest({ version: 1, created, ...pick(snapshot) }))
  return { ...snapshot, id, manifest }
}

export interface RestoredSnapshot extends RestoreResult {
  /** Manifest of what was there before, where files had to be overwritten: restoring it undoes this one. */
  before: string | undefined
}

/**
 * Brings the files of a manifest back into a folder. Files that the manifest does not know stay; files that differ are
 * overwritten, after a snapshot of the folder as it was.
 * @throws ZagiError MANIFEST_CORRUPT, CHUNK_MISSING, …
 */
export async function restoreSnapshot(
  store: Store,
  options: { manifest: string; folder: string } & LongOperation,
): Promise<RestoredSnapshot> {
  const bytes = explaining('read the manifest', options.manifest, () => readFileSync(options.manifest))
  const manifest = parseSnapshotManifest(bytes, options.manifest)
  ensureFolder(options.folder)
  const root = realpathSync(options.folder)
  const { signal, onProgress } = options
  const whole = wholeFolder(root)
  const changes = await compareFolder(store, manifest, root, { ...whole, signal, onProgress })
  const overwrites = changes.some(({ change }) => change === 'changed')
  const before = overwrites ? (await takeSnapshot(store, root, { signal, onProgress })).manifest : undefined
  const { statIndexFile } = whole
  const result = await restoreFolder(store, manifest, root, { extras: 'keep', statIndexFile, signal, onProgress })
  return { ...result, before }
}

function wholeFolder(root: string) {
  const rules = dependencyRules(root, findDependencyFolders(root))
  return {
    exclude: (path: string) => path === '.git' || path === '.zagi' || path.endsWith('/.git') || path.endsWith('/.zagi'),
    // Paths in files stay as they are: a snapshot comes back byte for byte.
    classify: (path: string, isLink: boolean) => (rules.classify(path, isLink) === 'shared' ? 'shared' : 'private'),
    statIndexFile: join(layoutOf(root).snapshots, 'files.index'),
  } as const
}

function pick({ root, times, files, bytes }: Snapshot) {
  return { root, times, files, bytes }
}
