import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  ensureFolder,
  isZagiError,
  type LongOperation,
  readFileIfPresent,
  thisSystem,
  writeFileAtomic,
} from '../base/index.ts'
import {
  type DependencyFolder,
  type DepsPointer,
  dependencyRules,
  findDependencyFolders,
  formatDepsPointer,
  homeToken,
  parseDepsPointer,
  pathRewriter,
  projectToken,
  toolToken,
} from '../deps/index.ts'
import { installedTools } from '../envs/index.ts'
import {
  compareFolder,
  type PathChange,
  type RestoreResult,
  type Rewriter,
  restoreFolder,
  type Snapshot,
  snapshotFolder,
} from '../store/index.ts'
import { linkedFolders } from './env-part.ts'
import { depsPointerPath, layoutOf } from './layout.ts'
import type { Project } from './project.ts'
import { treeFolders } from './tree-folders.ts'

export interface FoundFolders {
  /** All of them: none is source. */
  paths: string[]
  /** Those that hold dependencies, not just caches. */
  filled: DependencyFolder[]
}

/** The dependency folders that are on disk now. */
export function dependencyFolders(project: Project): FoundFolders {
  const found = findDependencyFolders(project.folder)
  return { paths: found.map(({ path }) => path), filled: found.filter(({ empty }) => !empty) }
}

/** The pointer file as it is in the working folder. @throws ZagiError MANIFEST_CORRUPT */
export function readDepsPointer(project: Project): DepsPointer | undefined {
  const bytes = readFileIfPresent(pointerFile(project))
  return bytes === undefined ? undefined : parseDepsPointer(bytes)
}

// A merge may have left conflict marks in it: what is on disk is what counts.
function readableDepsPointer(project: Project): DepsPointer | undefined {
  try {
    return readDepsPointer(project)
  } catch (error) {
    if (isZagiError(error, 'MANIFEST_CORRUPT')) return undefined
    throw error
  }
}

export interface DepsSnapshot {
  pointer: DepsPointer | undefined
  /** What was stored; undefined where there are no dependency folders. */
  snapshot: Snapshot | undefined
}

/**
 * Saves the dependency folders and points at them. Chunks are durable before the pointer names them, so a kill in
 * between leaves the old pointer. Equal content keeps the old pointer, with its file times.
 */
export async function snapshotDeps(
  project: Project,
  folders: DependencyFolder[],
  operation: LongOperation,
): Promise<DepsSnapshot> {
  if (folders.length === 0) {
    rmSync(pointerFile(project), { force: true })
    return { pointer: undefined, snapshot: undefined }
  }
  const options = { ...folderOptions(project, folders), ...operation, adopt: true }
  const snapshot = await snapshotFolder(project.store, project.folder, options)
  const before = readableDepsPointer(project)
  const pointer: DepsPointer = {
    version: 1,
    system: thisSystem(),
    root: snapshot.root,
    times: before?.root === snapshot.root ? before.times : snapshot.times,
    folders: folders.map(({ path, manager, packages }) => ({ path, manager, packages })),
    files: snapshot.files,
    bytes: snapshot.bytes,
    packages: folders.reduce((sum, folder) => sum + folder.packages, 0),
  }
  writeDepsPointer(project, pointer)
  return { pointer, snapshot }
}

/** Makes the pointer file in the working folder say this; what says so already keeps its time. */
export function writeDepsPointer(project: Project, pointer: DepsPointer): void {
  const text = formatDepsPointer(pointer)
  if (readFileIfPresent(pointerFile(project))?.toString('utf8') === text) return
  ensureFolder(layoutOf(project.folder).lock)
  writeFileAtomic(pointerFile(project), text)
}

/** How the dependency folders on disk differ from a pointer. */
export async function compareDeps(
  project: Project,
  options: { pointer: DepsPointer | undefined; folders: DependencyFolder[] } & LongOperation,
): Promise<PathChange[]> {
  const { pointer, folders, ...operation } = options
  if (pointer === undefined) return folders.map(({ path }) => ({ path, change: 'added' }))
  const onDisk = new Set(folders.map(({ path }) => path))
  const gone = pointer.folders.filter(({ path }) => !onDisk.has(path))
  const known = new Set(pointer.folders.map(({ path }) => path))
  const all = [...folders, ...gone.map(asFolder)]
  const changes = await compareFolder(project.store, pointer, project.folder, {
    ...folderOptions(project, all),
    ...operation,
  })
  const inKnownFolder = ({ path }: PathChange) => [...known].some((folder) => isBelow(path, folder))
  return [
    ...folders.filter(({ path }) => !known.has(path)).map(({ path }): PathChange => ({ path, change: 'added' })),
    ...gone.map(({ path }): PathChange => ({ path, change: 'removed' })),
    ...changes.filter((change) => inKnownFolder(change) && !gone.some(({ path }) => isBelow(change.path, path))),
  ]
}

/** Makes the dependency folders on disk equal to a pointer; folders that only `before` names go. */
export async function restoreDeps(
  project: Project,
  options: { pointer: DepsPointer | undefined; before: DepsPointer | undefined } & LongOperation,
): Promise<RestoreResult | undefined> {
  const { pointer, before, signal, onProgress } = options
  const wanted = new Set(pointer?.folders.map(({ path }) => path))
  for (const { path } of before?.folders ?? []) {
    if (!wanted.has(path)) rmSync(join(project.folder, path), { recursive: true, force: true })
  }
  if (pointer === undefined) return undefined
  const folders = pointer.folders.map(asFolder)
  const { only, exclude, rewrite, statIndexFile } = folderOptions(project, folders)
  const hasFolder = treeFolders(project.store, pointer.root)
  return restoreFolder(project.store, pointer, project.folder, {
    only,
    rewrite,
    statIndexFile,
    signal,
    onProgress,
    extras: 'remove',
    // A cache stays with what it belongs to, and goes with it.
    keep: (path) => exclude(path, true) && hasFolder(path.split('/').slice(0, -1)),
  })
}

function folderOptions(project: Project, folders: DependencyFolder[]) {
  return {
    only: folders.map(({ path }) => path),
    ...dependencyRules(project.folder, folders),
    rewrite: rewriterFor(project),
    statIndexFile: layoutOf(project.folder).depsIndex,
  }
}

/** Absolute paths of this machine ↔ tokens: the project's folder, the user's home, and each tool's folder. */
function rewriterFor(project: Project): Rewriter {
  return pathRewriter([
    { local: project.place, stored: projectToken },
    { local: project.user.homeFolder, stored: homeToken },
    ...toolFolders(project).map(([name, folder]) => ({ local: folder, stored: toolToken(name) })),
  ])
}

// Servers may have built the same tool with different bytes: then the folder counts that this project uses.
function toolFolders(project: Project): [name: string, folder: string][] {
  const used = new Set(linkedFolders(project))
  const folders = new Map<string, string>()
  for (const { folder, name } of installedTools(project.user.home.tools)) {
    if (!folders.has(name) || used.has(folder)) folders.set(name, folder)
  }
  return [...folders]
}

// A folder that a pointer names and that need not be on disk: what its manager recorded is not asked for.
function asFolder(folder: DepsPointer['folders'][number]): DependencyFolder {
  return { ...folder, base: '', names: [], empty: false }
}

function pointerFile(project: Project): string {
  return join(project.folder, depsPointerPath(thisSystem()))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
