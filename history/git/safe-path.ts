import { ZagiError } from '../../base/index.ts'

const gitNames = new Set(['.git', 'git~1'])
const zagiNames = new Set(['.zagi', 'zagi~1'])
/** Folders in `.zagi` that can never come from a repository, and what must not take the place of a folder there. */
const ownNames = new Set(['state', 'env', 'data', 'snapshots', 'snapsh~1'])

// Code points that HFS+ ignores when it compares names: ".g\u200cit" is ".git" there.
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/** What a name means on the least careful file system: no case, no ignorable characters, no NTFS streams and endings. */
function folded(name: string): string {
  const plain = name.replace(ignoredByHfs, '').normalize('NFC').toLowerCase()
  return plain.replace(/:.*$/s, '').replace(/[. ]+$/, '')
}

/** Whether the name of an entry may be written to a folder: what `git fsck` refuses is refused here too. */
export function isSafeName(name: string): boolean {
  if (name === '' || name === '.' || /[/\0]/.test(name)) return false
  // A backslash separates folders on Windows: no part of the name may be ".git" there either.
  return !name.split('\\').some((part) => part === '..' || gitNames.has(folded(part)))
}

/** Whether a file at this path would be, or be in, what zagi alone writes: `.zagi/state`, `env`, `data`, `snapshots`. */
export function isOwnPath(path: string): boolean {
  const [first = '', second] = path.split('/', 2)
  if (first !== '.zagi') return zagiNames.has(folded(first))
  return second === undefined || path === '.zagi/lock' || ownNames.has(folded(second))
}

/**
 * Refuses the path of a file that a commit must not bring into a project.
 * @param path '/'-separated, relative to the project
 * @throws ZagiError PATH_UNSAFE, NAME_NOT_UTF8
 */
export function checkSafePath(path: string): void {
  if (path.includes('\ufffd')) {
    throw new ZagiError('NAME_NOT_UTF8', `The file name "${path}" in the commit is not UTF-8`, {
      hint: 'Rename the file in the repository that it comes from',
    })
  }
  if (path.split('/').every(isSafeName) && !isOwnPath(path)) return
  throw new ZagiError('PATH_UNSAFE', `The commit has a file "${path}", which zagi does not write`, {
    hint: 'Do not trust this repository, or remove the file from its history',
  })
}
