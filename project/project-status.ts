import { type LongOperation, thisSystem } from '../base/index.ts'
import type { Change, FileChange } from '../history/index.ts'
import type { PathChange } from '../store/index.ts'
import { compareDeps, dependencyFolders, readDepsPointer } from './deps-part.ts'
import { isLinked, readEnvLock } from './env-part.ts'
import { isPointerPath } from './layout.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { readablePartsOf } from './pointers.ts'
import { type Project, workingCopy } from './project.ts'
import { settle } from './settle.ts'

export interface ProjectStatus {
  folder: string
  branch: string | undefined
  change: Change
  parent: Change | undefined
  /** Source files that differ from the last commit; the pointers of the parts are told as parts. */
  files: FileChange[]
  /** Nested Git repositories, which are not recorded. */
  nested: string[]
  /** Dependencies on disk against the last recorded ones, by path; a folder that is new or gone is one path. */
  deps: PathChange[]
  /** The dependency folders that are on disk or recorded, sorted. */
  depsFolders: string[]
  /** Whether the last commit has dependencies for this system. */
  depsRecorded: boolean
  /** Whether the tools that are in use are those of the lock file. */
  toolsLinked: boolean
  /** Tools, and dependencies already recorded in the working change, against the last commit. */
  parts: PartsChange
}

/** What differs from the last commit: source (which is recorded in the working change), dependencies and tools (only looked at). */
export async function projectStatus(project: Project, operation: LongOperation): Promise<ProjectStatus> {
  await settle(project, operation)
  const { paths, filled } = dependencyFolders(project)
  const copy = workingCopy(project, paths, 'status')
  const { files, nested, ...head } = await project.repository.status({ ...copy, ...operation })
  const before = readablePartsOf(project.repository, head.parent?.commit)
  const pointer = readDepsPointer(project)
  const after = { deps: pointer === undefined ? [] : [pointer], env: readEnvLock(project) }
  return {
    folder: project.folder,
    ...head,
    nested,
    files: files.filter(({ path }) => !isPointerPath(path)),
    deps: await compareDeps(project, { pointer, folders: filled, ...operation }),
    depsFolders: [...new Set([...paths, ...(pointer?.folders ?? []).map(({ path }) => path)])].sort(),
    depsRecorded: before.deps.some(({ system }) => system === thisSystem()),
    toolsLinked: isLinked(project),
    parts: partsChange(before, after),
  }
}
