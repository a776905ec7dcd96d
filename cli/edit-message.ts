import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explaining, ZagiError } from '../base/index.ts'
import type { Settings } from './settings.ts'

const template = `
# What changed? The first line is shown by "zagi log".
# Lines that start with "#" are left out; an empty message records nothing.
`

/** Asks the user's editor for the message of a commit. @throws ZagiError USAGE where there is nobody or nothing to ask */
export async function editMessage({ editor }: Settings): Promise<string> {
  if (!process.stdin.isTTY || editor === undefined) {
    const why = process.stdin.isTTY ? 'and EDITOR names no editor to ask for one' : 'and there is no terminal to ask at'
    throw new ZagiError('USAGE', `The commit has no message, ${why}`, {
      hint: 'Say what changed: zagi commit -m "add express"',
    })
  }
  const folder = explaining('make a folder in', tmpdir(), () => mkdtempSync(join(tmpdir(), 'zagi-message-')))
  try {
    const file = join(folder, 'COMMIT_EDITMSG')
    writeFileSync(file, template)
    // EDITOR may have options in it ("code --wait"), so a shell takes it apart, as Git does it.
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' })
    if (error || status !== 0) {
      throw new ZagiError('MISSING_PROGRAM', `The editor "${editor}" failed, nothing was recorded`, {
        hint: 'Set EDITOR to another one, or say what changed with -m',
        cause: error,
      })
    }
    return readFileSync(file, 'utf8').replace(/^#.*\n?/gm, '')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
