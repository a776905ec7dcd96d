import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, type LongOperation, thisSystem, ZagiError } from '../base/index.ts'
import type { DepsPointer } from '../deps/index.ts'
import type { CheckoutResult } from '../history/index.ts'
import { recordDeps } from './commit-project.ts'
import { readDepsPointer } from './deps-part.ts'
import { layoutOf } from './layout.ts'
import { partsOf, readablePartsOf } from './pointers.ts'
import { type Project, workingCopy } from './project.ts'
import { alone, beginSettling, settleAlone } from './settle.ts'

/**
 * Moves the working folder to a commit that is here with all its parts. What was there is recorded first, so that
 * nothing is lost; a kill in between is completed by the next command.
 * @throws ZagiError DIVERGED, FOLDER_NOT_EMPTY, with nothing touched
 */
export function moveToCommit(
  project: Project,
  options: { commit: string; branch: string } & LongOperation,
): Promise<CheckoutResult> {
  const { commit, branch, ...operation } = options
  const { repository } = project
  return alone(project, operation, async () => {
    const { folders } = await recordDeps(project, operation)
    const copy = { ...workingCopy(project, folders, 'pull'), ...operation }
    await repository.snapshot(copy)
    const pointer = partsOf(repository, commit).deps.find(({ system }) => system === thisSystem())
    checkOneSided(project, pointer)
    checkPlaces(project, { pointer, folders })
    const before = repository.head()
    beginSettling(project, readDepsPointer(project))
    let result: CheckoutResult
    try {
      result = await repository.checkout({ ...copy, commit, branch })
    } catch (error) {
      if (repository.head() === before) rmSync(layoutOf(project.folder).pending, { force: true })
      throw error
    }
    await settleAlone(project, operation)
    return result
  })
}

/** Dependencies are moved as a whole. @throws ZagiError DIVERGED where both the disk and the commit have others than the last commit */
function checkOneSided(project: Project, theirs: DepsPointer | undefined): void {
  const { repository } = project
  const last = readablePartsOf(repository, repository.head()).deps.find(({ system }) => system === thisSystem())
  const ours = readDepsPointer(project)
  if (ours?.root === last?.root || theirs?.root === last?.root || ours?.root === theirs?.root) return
  throw new ZagiError('DIVERGED', 'Other dependencies came, and those on disk are not committed', {
    hint: 'Record yours with: zagi commit, or give them up with: zagi restore, then pull again',
  })
}

/**
 * Refuses a pointer that would put dependencies where something else is: they take the place of the whole folder, and
 * what is there may be recorded nowhere.
 * @param options.folders the dependency folders that are on disk
 */
export function checkPlaces(
  project: Project,
  options: { pointer: DepsPointer | undefined; folders: readonly string[] },
): void {
  const known = new Set(options.folders)
  for (const { path } of options.pointer?.folders ?? []) {
    if (known.has(path) || isFree(join(project.folder, path))) continue
    throw new ZagiError(
      'FOLDER_NOT_EMPTY',
      `The dependencies of the commit go into "${path}", but something else is there`,
      {
        hint: 'Move it away and run the command again',
      },
    )
  }
}

function isFree(path: string): boolean {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    return stat === undefined || (stat.isDirectory() && readdirSync(path).length === 0)
  } catch (error) {
    // A file is in the place of a folder on the way: the restore leaves it.
    return errnoOf(error) === 'ENOTDIR'
  }
}
