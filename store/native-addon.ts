import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedBytes, isPackaged, writeFileAtomic } from '../base/index.ts'

let privateFolder: string | undefined

/** Says where the packaged binary may extract its native addons: a private folder of this user. Before the first use. */
export function useAddonFolder(folder: string): void {
  privateFolder ??= folder
}

/** What `useAddonFolder` was given, for handing on to worker threads. */
export function usedAddonFolder(): string | undefined {
  return privateFolder
}

/**
 * A native addon, or undefined where it cannot be loaded.
 * @param asset its name in the packaged binary
 * @param packageName what brings it when running from sources
 */
export function loadAddon<T extends object>(asset: string, packageName: string): T | undefined {
  return isPackaged ? extractedAddon(asset) : installedAddon(packageName)
}

function installedAddon<T>(packageName: string): T | undefined {
  try {
    return createRequire(import.meta.url)(packageName) as T
  } catch {
    return undefined
  }
}

function extractedAddon<T extends object>(asset: string): T | undefined {
  const uid = process.getuid?.() ?? 0
  for (const candidate of [privateFolder, join(tmpdir(), `zagi-${uid}`)]) {
    if (candidate === undefined) continue
    try {
      const module = { exports: {} as T }
      // A file system mounted with noexec refuses here.
      process.dlopen(module, extract(asset, candidate, uid))
      return module.exports
    } catch {}
  }
  return undefined
}

/** Puts an asset into a folder that only this user can write, under a name that its content decides. */
function extract(asset: string, folder: string, uid: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || stat.uid !== uid) throw new Error(`"${folder}" belongs to somebody else`)
  if ((stat.mode & 0o777) !== 0o700) chmodSync(folder, 0o700)
  const bytes = embeddedBytes(asset)
  const path = join(folder, `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}-${asset}`)
  if (statSync(path, { throwIfNoEntry: false })?.size !== bytes.length) writeFileAtomic(path, bytes, { mode: 0o500 })
  return path
}
