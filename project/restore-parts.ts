import { type LongOperation, thisSystem } from '../base/index.ts'
import type { RestoreResult } from '../store/index.ts'
import { compareDeps, dependencyFolders, restoreDeps, writeDepsPointer } from './deps-part.ts'
import { ensureEnvironment } from './env-part.ts'
import { fetchingWhatLacks } from './fetch-parts.ts'
import { checkPlaces } from './move-to-commit.ts'
import { partsOf } from './pointers.ts'
import type { Project } from './project.ts'
import { alone } from './settle.ts'
import { takeSnapshot } from './snapshot-folder.ts'

export interface RestoredParts {
  /** Names of the tools that are linked. */
  tools: string[]
  /** Undefined where no dependencies are recorded for this system. */
  deps: RestoreResult | undefined
  /** Manifest of the project as it was, where anything had to go; undefined where nothing was lost. */
  before: string | undefined
}

/**
 * Makes dependencies on disk what the last commit has, and tools what the working folder's lock file says: after plain
 * Git moved both, or after folders were removed. What would be lost is saved in a snapshot first; what the store lacks is
 * fetched from the origin. Folders that no pointer names stay.
 * @throws ZagiError FOLDER_NOT_EMPTY, CHUNK_MISSING
 */
export function restoreParts(project: Project, operation: LongOperation): Promise<RestoredParts> {
  const restore = async () => {
    const { repository } = project
    const pointer = partsOf(repository, repository.head()).deps.find(({ system }) => system === thisSystem())
    const { paths, filled } = dependencyFolders(project)
    checkPlaces(project, { pointer, folders: paths })
    const tools = (await ensureEnvironment(project, operation)).tools.map(({ name }) => name)
    if (pointer === undefined) return { tools, deps: undefined, before: undefined }
    const known = filled.filter(({ path }) => pointer.folders.some((folder) => folder.path === path))
    const changes = await compareDeps(project, { pointer, folders: known, ...operation })
    const isLost = changes.some(({ change }) => change !== 'removed')
    const before = isLost ? (await takeSnapshot(project.store, project.folder, operation)).manifest : undefined
    const deps = await restoreDeps(project, { pointer, before: undefined, ...operation })
    writeDepsPointer(project, pointer)
    return { tools, deps, before }
  }
  return alone(project, operation, () => fetchingWhatLacks(project, operation, restore))
}
