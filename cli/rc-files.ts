import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, explaining } from '../base/index.ts'

/** Ends every line that the installer put into an rc file. */
export const installerMark = '# added by the zagi installer'

/** Files that the installer may have put a line into. */
export function rcFiles(home: string, env: Record<string, string | undefined>): string[] {
  return [
    join(home, '.bashrc'),
    join(env['ZDOTDIR'] || home, '.zshrc'),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'fish/conf.d/zagi.fish'),
  ]
}

/** Takes the installer's lines out of a file; true where there were any. */
export function dropInstallerLines(file: string): boolean {
  let before: string
  try {
    // Byte for byte: an rc file may be in any encoding.
    before = readFileSync(file, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return false
    throw error
  }
  const lines = before.split(/(?<=\n)/)
  const kept = lines.filter((line) => !line.trimEnd().endsWith(installerMark)).join('')
  if (kept === before) return false
  // In place, not by rename: an rc file is often a symbolic link.
  explaining('write', file, () => writeFileSync(file, kept, 'latin1'))
  return true
}
