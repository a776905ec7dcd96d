import { randomBytes } from 'node:crypto'
import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, explaining, readFileIfPresent, writeFileAtomic, type ZagiHome } from '../base/index.ts'

// The project holds a random token, the user's home says which tokens are trusted. So trust follows a project that is moved, costs
// a shell two file tests, and cannot come with a repository: `.zagi/state` is never part of a tree.

/** Lets this project activate for this user. */
export function trustProject(home: ZagiHome, project: string): void {
  ensureFolder(home.trust, 0o700)
  const known = readToken(project)
  const token = known ?? randomBytes(16).toString('hex')
  if (known === undefined) {
    ensureFolder(join(project, '.zagi', 'state'))
    writeFileAtomic(tokenFile(project), `${token}\n`, { mode: 0o600 })
  }
  // The content is for people who look into the folder.
  writeFileAtomic(join(home.trust, token), `${project}\n`, { mode: 0o600 })
}

/** True if this user trusted this project, and its `.zagi` is a folder that belongs to this user. */
export function isTrusted(home: ZagiHome, project: string): boolean {
  const folder = lstatSync(join(project, '.zagi'), { throwIfNoEntry: false })
  if (!folder?.isDirectory() || folder.uid !== process.getuid?.()) return false
  const token = readToken(project)
  return token !== undefined && lstatSync(join(home.trust, token), { throwIfNoEntry: false }) !== undefined
}

/** Takes trust back. */
export function untrustProject(home: ZagiHome, project: string): void {
  const token = readToken(project)
  if (token === undefined) return
  const record = join(home.trust, token)
  explaining('remove', record, () => rmSync(record, { force: true }))
  explaining('remove', tokenFile(project), () => rmSync(tokenFile(project), { force: true }))
}

function tokenFile(project: string): string {
  return join(project, '.zagi', 'state', 'trust')
}

function readToken(project: string): string | undefined {
  const text = readFileIfPresent(tokenFile(project))?.toString('latin1')
  return text !== undefined && /^[0-9a-f]{32}\n$/.test(text) ? text.trimEnd() : undefined
}
