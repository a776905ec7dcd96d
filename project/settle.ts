import { existsSync, rmSync } from 'node:fs'
import { ensureFolder, isZagiError, type LongOperation, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import { type DepsPointer, formatDepsPointer, parseDepsPointer } from '../deps/index.ts'
import { withLock } from '../history/index.ts'
import { readDepsPointer, restoreDeps } from './deps-part.ts'
import { ensureEnvironment } from './env-part.ts'
import { fetchingWhatLacks } from './fetch-parts.ts'
import { layoutOf } from './layout.ts'
import type { Project } from './project.ts'

/**
 * Completes what a kill interrupted: brings dependencies and environment onto the disk as the pointers in the working
 * folder say, after a pull moved them, and links the tools of an `add` or `remove`. What says that there is something to
 * do is written before anything changes, and goes last.
 */
export async function settle(project: Project, operation: LongOperation): Promise<void> {
  const { pending, pendingTools } = layoutOf(project.folder)
  if (existsSync(pending) || existsSync(pendingTools)) await alone(project, operation, async () => {})
}

/**
 * Runs what changes pointers, dependencies or tools while no other command does, after settling. @throws ZagiError BUSY
 */
export function alone<T>(project: Project, operation: LongOperation, action: () => Promise<T>): Promise<T> {
  const { state, lockFile } = layoutOf(project.folder)
  ensureFolder(state)
  return withLock(lockFile, async () => {
    await settleAlone(project, operation)
    return action()
  })
}

/** As {@link settle}, for who is alone at work already. */
export async function settleAlone(project: Project, operation: LongOperation): Promise<void> {
  const { pending, pendingTools } = layoutOf(project.folder)
  const bytes = readFileIfPresent(pending)
  if (bytes !== undefined) {
    await finishPull(project, bytes.length === 0 ? undefined : parseDepsPointer(bytes), operation)
    rmSync(pending, { force: true })
  } else if (existsSync(pendingTools)) {
    try {
      await ensureEnvironment(project, operation)
    } catch (error) {
      if (isZagiError(error, 'INTERRUPTED')) throw error
      // Tools that cannot be made are no reason to refuse everything else: `zagi run` says what is wrong.
      return
    }
  } else {
    return
  }
  rmSync(pendingTools, { force: true })
}

async function finishPull(project: Project, before: DepsPointer | undefined, operation: LongOperation): Promise<void> {
  // The source first: it brings the pointers.
  project.repository.finishInterrupted()
  // The store may have been emptied since the pull fetched everything.
  await fetchingWhatLacks(project, operation, async () => {
    // Tools before dependencies: files of dependencies may name the folders of tools.
    await ensureEnvironment(project, operation)
    await restoreDeps(project, { pointer: readDepsPointer(project), before, ...operation })
  })
}

/** Notes which dependencies are on disk before the pointers are moved. */
export function beginSettling(project: Project, before: DepsPointer | undefined): void {
  ensureFolder(layoutOf(project.folder).state)
  writeFileAtomic(layoutOf(project.folder).pending, before === undefined ? '' : formatDepsPointer(before))
}
