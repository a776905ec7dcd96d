import { ZagiError } from '../base/index.ts'
import { formatRefsDocument, parseRefsDocument, type RefsDocument } from '../history/index.ts'
import type { Backend } from '../store/index.ts'
import { formatRemoteAddress, type RemoteAddress } from './remotes.ts'

/** A refs document with the version that a compare-and-swap needs; version undefined: not there yet. */
export interface RemoteRefs {
  document: RefsDocument
  version: string | undefined
}

/** The refs of a repository, empty where it does not exist yet. */
export async function readRemoteRefs(backend: Backend, remote: RemoteAddress): Promise<RemoteRefs> {
  const found = await backend.getVersioned(refsKey(remote))
  if (found === undefined) return { document: emptyDocument, version: undefined }
  return { document: parseRefsDocument(found.bytes), version: found.version }
}

/** As {@link readRemoteRefs}. @throws ZagiError REPOSITORY_NOT_FOUND */
export async function readExistingRefs(backend: Backend, remote: RemoteAddress): Promise<RefsDocument> {
  const { document, version } = await readRemoteRefs(backend, remote)
  if (version === undefined) {
    throw new ZagiError('REPOSITORY_NOT_FOUND', `There is no repository "${remote.repository}" at ${remote.server}`, {
      hint: `Check the name, or make it with: zagi push ${formatRemoteAddress(remote)}`,
    })
  }
  return document
}

/** Replaces the document if nobody else did meanwhile. @throws ZagiError REF_MOVED */
export async function replaceRemoteRefs(
  backend: Backend,
  remote: RemoteAddress,
  options: { document: RefsDocument; expected: string | undefined },
): Promise<void> {
  await backend.replace(refsKey(remote), formatRefsDocument(options.document), options.expected)
}

export function gitPackKey(remote: RemoteAddress, name: string, ending: 'pack' | 'idx'): string {
  return `repos/${remote.repository}/objects/pack/${name}.${ending}`
}

function refsKey(remote: RemoteAddress): string {
  return `repos/${remote.repository}/refs`
}

const emptyDocument: RefsDocument = { version: 1, head: 'refs/heads/main', refs: {}, packs: [] }
