import { chmodSync, existsSync, lstatSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  crashPoint,
  ensureFolder,
  errnoOf,
  explaining,
  explainSystemError,
  fsyncFolder,
  type LongOperation,
  randomName,
  ZagiError,
} from '../base/index.ts'
import { excludeFromGit } from './commit-project.ts'
import { dependencyFolders, readDepsPointer, restoreDeps } from './deps-part.ts'
import { ensureEnvironment } from './env-part.ts'
import { fetchHistory } from './fetch-history.ts'
import { blameRemote, fetchParts } from './fetch-parts.ts'
import { checkWritable, makeProject } from './init-project.ts'
import { type Lacking, lackingParts } from './lacking-parts.ts'
import { isPointerPath } from './layout.ts'
import { checkPlaces } from './move-to-commit.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { noParts, partsOf } from './pointers.ts'
import { type Project, workingCopy } from './project.ts'
import { readExistingRefs } from './remote-refs.ts'
import { openServerChunks, parseRemoteAddress, type RemoteAddress, setRemote } from './remotes.ts'
import type { User } from './user.ts'

export interface Cloned {
  folder: string
  remote: RemoteAddress
  branch: string
  /** Undefined where the repository has no commit yet. */
  commit: string | undefined
  /** Source files. */
  files: number
  parts: PartsChange
  lacking: Lacking
  chunks: number
  /** Chunks that other projects had brought here before. */
  reused: number
  /** Bytes received. */
  bytes: number
}

/**
 * Brings a repository here with everything it needs to run. All is put together in a hidden folder beside the target,
 * which is renamed at the end: a kill leaves no half clone, and what was fetched stays in the store for the next try.
 * @throws ZagiError BAD_NAME, NO_REMOTE, FOLDER_NOT_EMPTY, REPOSITORY_NOT_FOUND, SERVER_UNREACHABLE
 */
export async function cloneProject(
  user: User,
  options: { source: string; folder?: string } & LongOperation,
): Promise<Cloned> {
  const { source, folder, ...operation } = options
  const remote = parseRemoteAddress(user, source)
  const place = emptyPlace(resolve(folder ?? basename(remote.repository)))
  const chunks = openServerChunks(user, remote.server)
  const document = await readExistingRefs(chunks.backend, remote)
  removeStaleClones(place)
  const temporary = join(dirname(place), `${temporaryPrefix(place)}${process.pid}-${randomName()}`)
  try {
    const project = makeProject(user, temporary, place)
    setRemote(temporary, 'origin', remote)
    const gitBytes = await fetchHistory(project, { backend: chunks.backend, remote, document, ...operation })
    const branch = document.head.replace('refs/heads/', '')
    const commit = document.refs[document.head]
    const common = { folder: place, remote, branch, commit }
    if (commit === undefined) {
      moveIntoPlace(temporary, place)
      const nothing = {
        files: 0,
        chunks: 0,
        reused: 0,
        parts: partsChange(noParts, noParts),
        lacking: lackingParts(noParts),
      }
      return { ...common, ...nothing, bytes: gitBytes }
    }
    const got = await fetchParts(project, { chunks, remote, commit, ...operation })
    const files = await writeEverything(project, { commit, branch, operation })
    moveIntoPlace(temporary, place)
    const all = partsOf(project.repository, commit)
    const told = { parts: partsChange(noParts, all), lacking: lackingParts(all) }
    return { ...common, ...told, files, ...got, bytes: gitBytes + got.bytes }
  } catch (error) {
    removeFolder(temporary)
    throw blameRemote(error)
  }
}

/** Source first: it brings the pointers that name the rest. Answers the number of source files. */
async function writeEverything(
  project: Project,
  options: { commit: string; branch: string; operation: LongOperation },
): Promise<number> {
  const { commit, branch, operation } = options
  const copy = { ...workingCopy(project, [], 'clone'), ...operation }
  const { files } = await project.repository.checkout({ ...copy, commit, branch })
  crashPoint('clone:source')
  const pointer = readDepsPointer(project)
  checkPlaces(project, { pointer, folders: dependencyFolders(project).paths })
  // Tools before dependencies: files of dependencies may name the folders of tools.
  await ensureEnvironment(project, operation)
  await restoreDeps(project, { pointer, before: undefined, ...operation })
  excludeFromGit(
    project,
    (pointer?.folders ?? []).map(({ path }) => path),
  )
  crashPoint('clone:parts')
  return files.filter(({ path }) => !isPointerPath(path)).length
}

/** The absolute target, which must be empty or not there. @throws ZagiError FOLDER_NOT_EMPTY */
function emptyPlace(target: string): string {
  ensureFolder(dirname(target))
  const place = join(realpathSync(dirname(target)), basename(target))
  const stat = explaining('look at', place, () => lstatSync(place, { throwIfNoEntry: false }))
  if (stat !== undefined && (!stat.isDirectory() || readdirSync(place).length > 0)) {
    throw notEmpty(place)
  }
  checkWritable(dirname(place))
  return place
}

function notEmpty(place: string): ZagiError {
  return new ZagiError('FOLDER_NOT_EMPTY', `"${place}" exists already and is not an empty folder`, {
    hint: 'Name another folder: zagi clone SOURCE FOLDER',
  })
}

function moveIntoPlace(temporary: string, place: string): void {
  chmodSync(temporary, 0o777 & ~process.umask())
  try {
    if (existsSync(place)) rmdirSync(place)
    renameSync(temporary, place)
  } catch (error) {
    // Another clone was faster, or somebody put something there.
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw notEmpty(place)
    throw explainSystemError(error, 'make the folder', place)
  }
  fsyncFolder(dirname(place))
  crashPoint('clone:renamed')
}

function temporaryPrefix(place: string): string {
  return `.${basename(place)}.zagi-clone-`
}

// What clones of the same target left that were killed: their process is gone.
function removeStaleClones(place: string): void {
  for (const name of readdirSync(dirname(place))) {
    if (!name.startsWith(temporaryPrefix(place))) continue
    const pid = Number(name.slice(temporaryPrefix(place).length).split('-')[0])
    if (pid > 0 && !isRunning(pid)) removeFolder(join(dirname(place), name))
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

// Dependencies may hold folders without write permission: they are opened before what is in them can go.
function removeFolder(folder: string): void {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  openFolders(folder)
  rmSync(folder, { recursive: true, force: true })
}

function openFolders(folder: string): void {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(folder, entry.name))
  }
}
