import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint, ensureFolder, explainSystemError, fsyncFolder, randomName, writeFully } from '../../base/index.ts'
import type { BuiltPack } from './pack-builder.ts'

/**
 * Puts a pack and its index into a repository. Order: both temporary files durable, the pack's name, the index's name:
 * Git looks for indexes first, so the pack is visible at once and whole. A kill leaves `tmp_` files, which `git gc` removes.
 */
export function writePack(objectsFolder: string, built: Pick<BuiltPack, 'name' | 'pack' | 'index'>): void {
  const folder = join(objectsFolder, 'pack')
  const pack = join(folder, `${built.name}.pack`)
  const index = join(folder, `${built.name}.idx`)
  if (existsSync(pack) && existsSync(index)) return
  ensureFolder(folder)
  const temporaryPack = join(folder, `tmp_pack_${randomName()}`)
  const temporaryIndex = join(folder, `tmp_idx_${randomName()}`)
  try {
    writeDurable(temporaryPack, built.pack)
    writeDurable(temporaryIndex, built.index)
    crashPoint('git:pack')
    renameSync(temporaryPack, pack)
    crashPoint('git:pack')
    renameSync(temporaryIndex, index)
    fsyncFolder(folder)
  } catch (error) {
    rmSync(temporaryPack, { force: true })
    rmSync(temporaryIndex, { force: true })
    throw explainSystemError(error, 'write', pack)
  }
}

// Read-only, as Git keeps its own packs.
function writeDurable(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o444)
  try {
    writeFully(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
