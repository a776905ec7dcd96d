import { rmSync } from 'node:fs'
import { ensureFolder, type LongOperation, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import { type DepsPointer, formatDepsPointer, parseDepsPointer } from '../deps/index.ts'
import { readDepsPointer, restoreDeps } from './deps-part.ts'
import { ensureEnvironment } from './env-part.ts'
import { layoutOf } from './layout.ts'
import type { Project } from './project.ts'

/**
 * Brings dependencies and environment onto the disk as the pointers in the working folder say, after a pull moved them.
 * The pending file is written before the source changes ({@link beginSettling}) and goes last: a kill in between is
 * completed by the next command.
 */
export async function settle(project: Project, operation: LongOperation): Promise<void> {
  const bytes = readFileIfPresent(layoutOf(project.folder).pending)
  if (bytes === undefined) return
  const before = bytes.length === 0 ? undefined : parseDepsPointer(bytes)
  // Tools before dependencies: files of dependencies may name the folders of tools.
  await ensureEnvironment(project, operation)
  await restoreDeps(project, { pointer: readDepsPointer(project), before, ...operation })
  rmSync(layoutOf(project.folder).pending)
}

/** Notes which dependencies are on disk before the pointers are moved. */
export function beginSettling(project: Project, before: DepsPointer | undefined): void {
  ensureFolder(layoutOf(project.folder).state)
  writeFileAtomic(layoutOf(project.folder).pending, before === undefined ? '' : formatDepsPointer(before))
}
