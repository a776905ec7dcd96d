import { ZagiError } from './error.ts'

/** A repository at a remote: `owner/name`. */
export interface RepositoryName {
  owner: string
  name: string
}

// Letters, digits and . _ - with a letter or digit first: safe as a path, in a URL and in an object key.
const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Reads `owner/name`. @throws ZagiError BAD_NAME, also for `..`, `.git` and `.lock` endings */
export function parseRepositoryName(text: string): RepositoryName {
  const [owner, name, ...rest] = text.split('/')
  const bad = (word: string | undefined) =>
    word === undefined || !part.test(word) || word.includes('..') || /\.(git|lock)$/i.test(word)
  if (rest.length > 0 || bad(owner) || bad(name)) {
    throw new ZagiError('BAD_NAME', `"${text}" is not a repository name`, {
      hint: 'A name is OWNER/NAME: letters, digits, ".", "_" and "-", for example demo/my-app',
    })
  }
  return { owner: owner!, name: name! }
}
