import { ZagiError } from '../../base/index.ts'

// Git's own rules (git-check-ref-format): no part may start with "." or end in ".lock".
// A part is a file name, and while Git writes it ".lock" is added.
const longestPart = 250
const badCharacters = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{/

/** Whether `name` is a full ref name that Git accepts: `refs/heads/main`. */
export function isRefName(name: string): boolean {
  if (!name.startsWith('refs/') || name.endsWith('.') || name.length > 1000 || badCharacters.test(name)) return false
  const parts = name.split('/')
  return parts.length >= 3 && parts.every(isRefPart)
}

function isRefPart(part: string): boolean {
  return part !== '' && !part.startsWith('.') && !part.endsWith('.lock') && Buffer.byteLength(part) <= longestPart
}

/** The full name of a branch. @throws ZagiError BAD_NAME */
export function branchRef(branch: string): string {
  const name = `refs/heads/${branch}`
  if (isRefName(name) && !branch.startsWith('-') && branch !== 'HEAD') return name
  throw new ZagiError('BAD_NAME', `"${branch}" is not a name for a branch`, {
    hint: 'Use letters, digits, "-", "_", "." and "/", for example feature/login',
  })
}

/** `main` of `refs/heads/main`, `origin/main` of `refs/remotes/origin/main`, `v1` of `refs/tags/v1`. */
export function shortRefName(name: string): string {
  return name.replace(/^refs\/(heads|tags|remotes)\//, '')
}
