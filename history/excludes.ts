import { join } from 'node:path'
import { ensureFolder, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import type { GitFolder } from './git/git-folder.ts'

const begin = '# zagi: begin (this block is written by zagi)'
const end = '# zagi: end'

/**
 * In `.zagi` only the pointers and the encrypted secrets are not of this machine; a kill leaves temporary files. Snapshots
 * of folders and projects in the project have a `.zagi` too.
 */
const ownPatterns = [
  ...['state', 'env', 'data', 'snapshots'].map((name) => `**/.zagi/${name}`),
  ...['/.zagi/*', '!/.zagi/lock', '!/.zagi/secrets.enc', '/.zagi/lock/.tmp-*'],
]

/** Writes zagi's block in `.git/info/exclude`; the rest of the file is the user's and stays. */
export function writeExcludes(git: GitFolder, patterns: readonly string[]): void {
  const folder = join(git.common, 'info')
  const path = join(folder, 'exclude')
  const before = readFileIfPresent(path)?.toString('utf8') ?? ''
  const block = [begin, ...new Set([...ownPatterns, ...patterns]), end].join('\n')
  const start = before.indexOf(begin)
  const stop = before.indexOf(end, start)
  const kept =
    start < 0 || stop < 0 ? before : before.slice(0, start) + before.slice(stop + end.length).replace(/^\n/, '')
  const after = `${kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`}${block}\n`
  if (after === before) return
  ensureFolder(folder)
  writeFileAtomic(path, after)
}
