import { lstatSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  crashPoint,
  errnoOf,
  explainSystemError,
  fsyncFolder,
  type LongOperation,
  temporaryBeside,
} from '../base/index.ts'
import type { BlobRef, Store } from '../store/index.ts'
import { readClosure } from './closure.ts'
import { inTurns } from './in-turns.ts'
import { relocated } from './relocation.ts'
import { removeFolder, removeStaleFolders } from './remove-folder.ts'
import { syncFiles } from './sync-files.ts'
import { type Slot, takeSlots } from './tool-slots.ts'
import { isUntouched } from './tool-time.ts'
import { type ToolsPlace, toolsPrefix } from './tools-prefix.ts'

export interface MaterialisedTool {
  /** The folder of the tool itself. */
  main: string
  /** Every path of the closure. */
  paths: { name: string; folder: string }[]
}

/** A path that has to be written. */
interface Missing extends Slot {
  /** Something lies in its slot, but not what should. */
  damaged: boolean
  temporary: string
}

/**
 * Makes a closure usable on this machine: writes each of its paths below the tools folder, with every reference rewritten. What is
 * there and intact is left alone.
 * Safe against a kill at any moment and against other processes doing the same: a path is written to a temporary folder, made
 * durable, and renamed into a slot that was taken for exactly these bytes.
 * @throws ZagiError HOME_TOO_LONG, CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT, MANIFEST_CORRUPT, DISK_FULL, INTERRUPTED, …
 */
export async function materialise(
  store: Store,
  closure: BlobRef,
  options: ToolsPlace & LongOperation,
): Promise<MaterialisedTool> {
  const { paths, main } = readClosure(store, closure)
  const prefix = toolsPrefix(options)
  removeStaleFolders(options.tools)
  const slots = takeSlots(options.tools, prefix, paths)
  const missing = findMissing(slots)
  try {
    if (missing.length > 0) await writeMissing(store, missing, { ...options, prefix, slots })
    syncFiles(missing.map(({ temporary }) => temporary))
    for (const path of missing) {
      crashPoint('tool:temporary')
      place(path)
      crashPoint('tool:renamed')
    }
  } finally {
    for (const { temporary } of missing) removeFolder(temporary)
  }
  return { main: slots[main]!.folder, paths: slots.map(({ path, folder }) => ({ name: path.name, folder })) }
}

async function writeMissing(
  store: Store,
  missing: readonly Missing[],
  options: LongOperation & { prefix: string; slots: readonly Slot[] },
): Promise<void> {
  // The store's code is not loaded by what only asks for the environment, the shell hook first of all.
  const { writeTool } = await import('./tool-tree.ts')
  const { prefix, slots, signal, onProgress } = options
  const total = missing.reduce((sum, { path }) => sum + path.bytes, 0)
  let done = 0
  for (const { path, temporary } of missing) {
    const names = path.references.map((at) => slots[at]!.path.name)
    const texts = path.references.map((at) => relocated(prefix, slots[at]!.tail))
    await inTurns(writeTool(store, path, { names, texts }, temporary), signal, (bytes) => {
      onProgress?.({ phase: 'Unpacking tools', done: done + bytes, total, unit: 'bytes' })
    })
    done += path.bytes
  }
}

function findMissing(slots: readonly Slot[]): Missing[] {
  return slots
    .filter((slot) => !isUntouched(slot.folder))
    .map((slot) => {
      const damaged = lstatSync(slot.folder, { throwIfNoEntry: false }) !== undefined
      return { ...slot, damaged, temporary: temporaryBeside(slot.folder) }
    })
}

/** Renames a finished path into its slot. */
function place({ folder, damaged, temporary }: Missing): void {
  const old = temporaryBeside(folder)
  try {
    if (damaged) renameUnless('ENOENT', folder, old)
    renameUnless('ENOTEMPTY', temporary, folder)
    fsyncFolder(dirname(folder))
  } catch (error) {
    throw explainSystemError(error, 'write', folder)
  }
  removeFolder(old)
}

/** Renames, unless it fails in the way that shows that another process did this step meanwhile, with the same bytes. */
function renameUnless(errno: 'ENOENT' | 'ENOTEMPTY', from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    const found = errnoOf(error)
    if (found !== errno && !(errno === 'ENOTEMPTY' && found === 'EEXIST')) throw error
  }
}
