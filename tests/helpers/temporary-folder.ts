import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

/** A new private folder that is removed when the test process ends. */
export function temporaryFolder(name = 'test'): string {
  if (made.length === 0) process.on('exit', removeAll)
  const folder = mkdtempSync(join(tmpdir(), `zagi-${name}-`))
  made.push(folder)
  return folder
}

function removeAll(): void {
  for (const folder of made) {
    makeRemovable(folder)
    rmSync(folder, { recursive: true, force: true })
  }
}

// Materialised tools are read-only folders: an ordinary user must open them before removing what is inside.
function makeRemovable(folder: string): void {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeRemovable(join(folder, entry.name))
  }
}
