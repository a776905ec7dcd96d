import { join } from 'node:path'
import { type LongOperation, removeStaleTemporaries } from '../base/index.ts'
import type { Change } from '../history/index.ts'
import type { Snapshot } from '../store/index.ts'
import { type DepsSnapshot, dependencyFolders, snapshotDeps } from './deps-part.ts'
import { layoutOf } from './layout.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { partsOf, readablePartsOf } from './pointers.ts'
import { type Project, workingCopy } from './project.ts'
import { alone } from './settle.ts'

export interface Committed {
  change: Change
  branch: string | undefined
  /** What was stored of the dependencies; undefined where there are none. */
  deps: Snapshot | undefined
  parts: PartsChange
}

/**
 * Records source, dependencies and environment as one change. Order: chunks, pointer file, Git objects, operation, refs;
 * a kill anywhere leaves the state before or after, and the same command completes it.
 * @throws ZagiError NOTHING_TO_COMMIT
 */
export async function commitProject(
  project: Project,
  options: { message: string } & LongOperation,
): Promise<Committed> {
  const { message, ...operation } = options
  const { change, snapshot } = await alone(project, operation, async () => {
    tidy(project)
    const { folders, snapshot } = await recordDeps(project, operation)
    const copy = workingCopy(project, folders, `commit -m ${JSON.stringify(message)}`)
    return { change: await project.repository.commit({ ...copy, ...operation, message }), snapshot }
  })
  const before = readablePartsOf(project.repository, change.parents[0])
  const parts = partsChange(before, partsOf(project.repository, change.commit))
  return { change, branch: project.repository.currentBranch(), deps: snapshot, parts }
}

// What kills left. A file that has not grown for ten minutes is not being written any more.
function tidy(project: Project): void {
  const { lock, state } = layoutOf(project.folder)
  const gitInfo = join(project.repository.gitFolder, 'info')
  for (const folder of [lock, state, join(state, 'ops', 'operations'), join(state, 'ops', 'refs'), gitInfo]) {
    removeStaleTemporaries(folder, 600_000)
  }
}

/** Snapshots the dependencies, and keeps plain Git from seeing them. Answers their folders. */
export async function recordDeps(
  project: Project,
  operation: LongOperation,
): Promise<{ folders: string[]; snapshot: DepsSnapshot['snapshot'] }> {
  const { paths, filled } = dependencyFolders(project)
  excludeFromGit(project, paths)
  const { snapshot } = await snapshotDeps(project, filled, operation)
  return { folders: paths, snapshot }
}

/** Keeps plain Git from seeing what is not source. */
export function excludeFromGit(project: Project, dependencyFolders: string[]): void {
  project.repository.setExcludes(dependencyFolders.map((path) => `/${escapePattern(path)}`))
}

// Characters that mean something in a gitignore pattern.
function escapePattern(path: string): string {
  return path.replace(/[\\*?[\] !#]/g, '\\$&')
}
