import { isZagiError, ZagiError } from '../base/index.ts'
import type { RefsDocument } from '../history/index.ts'
import type { Backend } from '../store/index.ts'
import { type GitIndex, openGitIndex } from './git-index.ts'
import { gitIndexKey, gitPackKey } from './object-key.ts'

export interface CheckRefsOptions {
  storage: Backend
  repository: string
  document: RefsDocument
  /** What it would replace: known to be right. */
  previous: RefsDocument | undefined
}

/**
 * Makes sure that a refs document promises nothing that is not in the storage: its packs, and in them the commits that
 * its refs name. Packs only ever come in addition: history that somebody may be cloning stays.
 * @throws ZagiError GIT_OBJECT_CORRUPT
 */
export async function checkRefsDocument(options: CheckRefsOptions): Promise<void> {
  const { storage, repository, document, previous } = options
  const packs = new Map(document.packs.map((pack) => [pack.name, pack]))
  for (const { name } of previous?.packs ?? []) {
    if (!packs.has(name)) throw bad(`The refs leave out the pack "${name}", which the repository has`)
  }
  const indexes: GitIndex[] = []
  for (const { name, size, objects } of packs.values()) {
    const index = await readIndex(storage, repository, name)
    const stored = await storage.head(gitPackKey(repository, name))
    if (stored?.size !== size || index.objects !== objects) throw bad(`The refs are wrong about the pack "${name}"`)
    indexes.push(index)
  }
  for (const [ref, commit] of Object.entries(document.refs)) {
    if (!indexes.some((index) => index.has(commit)))
      throw bad(`No pack of the repository has "${commit}", which "${ref}" names`)
  }
}

async function readIndex(storage: Backend, repository: string, name: string): Promise<GitIndex> {
  try {
    return openGitIndex(await storage.get(gitIndexKey(repository, name)), name)
  } catch (error) {
    if (!isZagiError(error, 'KEY_NOT_FOUND')) throw error
    throw bad(`The refs name the pack "${name}", which was never stored`)
  }
}

function bad(message: string): ZagiError {
  return new ZagiError('GIT_OBJECT_CORRUPT', message, { hint: 'Send the packs first, then the refs' })
}
