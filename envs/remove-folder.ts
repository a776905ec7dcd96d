import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Removes a materialised tool or what is left of one: its folders are read-only and have to be opened first. */
export function removeFolder(folder: string): void {
  openFolders(folder)
  rmSync(folder, { recursive: true, force: true })
}

function openFolders(folder: string): void {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(folder, entry.name))
  }
}

/** Removes the `.tmp-` folders that killed processes left directly in `folder` more than a day ago. */
export function removeStaleFolders(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.tmp-')) continue
    const path = join(folder, name)
    // The time of the last change of the inode: finished folders have an mtime of 1 although they are new.
    const changed = lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now()
    if (Date.now() - changed <= 86_400_000) continue
    try {
      removeFolder(path)
    } catch {
      // Another process is removing it at the same time, or it stays for the next one: nobody needs it gone now.
    }
  }
}
