import { isZagiError, ZagiError } from '../base/index.ts'
import type { RefsDocument, RemotePack } from '../history/index.ts'
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
 * its refs name. What the document before it had is not looked at again. Packs only ever come in addition: history that
 * somebody may be cloning stays.
 * @throws ZagiError GIT_OBJECT_CORRUPT
 */
export async function checkRefsDocument(options: CheckRefsOptions): Promise<void> {
  const { storage, repository, document, previous } = options
  const packs = new Map(document.packs.map((pack) => [pack.name, pack]))
  if (packs.size !== document.packs.length) throw bad('The refs name a pack twice')
  for (const before of previous?.packs ?? []) {
    const pack = packs.get(before.name)
    if (pack === undefined) throw bad(`The refs leave out the pack "${before.name}", which the repository has`)
    if (pack.size !== before.size || pack.objects !== before.objects) throw wrongPack(pack)
    packs.delete(before.name)
  }
  const indexes: GitIndex[] = []
  for (const pack of packs.values()) {
    const index = await readIndex(storage, repository, pack.name)
    const stored = await storage.head(gitPackKey(repository, pack.name))
    if (stored?.size !== pack.size || index.objects !== pack.objects) throw wrongPack(pack)
    indexes.push(index)
  }
  const known = new Set(Object.values(previous?.refs ?? {}))
  // A ref may also go back to an older commit: the last packs are the likeliest to have it.
  const older = (previous?.packs ?? []).map(({ name }) => name)
  for (const [ref, commit] of Object.entries(document.refs)) {
    if (known.has(commit)) continue
    while (!indexes.some((index) => index.has(commit))) {
      const name = older.pop()
      if (name === undefined) throw bad(`No pack of the repository has "${commit}", which "${ref}" names`)
      indexes.push(await readIndex(storage, repository, name))
    }
  }
}

function wrongPack({ name }: RemotePack): ZagiError {
  return bad(`The refs are wrong about the pack "${name}"`)
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
