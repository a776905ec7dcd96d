import { ZagiError } from '../base/index.ts'
import { isObjectId } from './git/git-object.ts'
import { isRefName } from './git/ref-name.ts'
import type { RefsDocument, RemotePack } from './types.ts'

/** Bytes that a refs document may have: some hundred thousand refs. */
const maximumDocument = 64 * 1024 * 1024

/** Each ref becomes a file in every clone. */
const maximumRefs = 50_000

const packName = /^pack-[0-9a-f]{40}$/

/** Reads a refs document. @throws ZagiError BAD_ANSWER where anything in it is not as it must be, FORMAT_TOO_NEW */
export function parseRefsDocument(bytes: Uint8Array): RefsDocument {
  if (bytes.length > maximumDocument) throw bad(`it has ${bytes.length} bytes`)
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw bad('it is not JSON', error)
  }
  const { version, head, refs, packs } = record(document, 'the document')
  if (typeof version === 'number' && version > 1) {
    throw new ZagiError('FORMAT_TOO_NEW', `The refs document has version ${version}`, { hint: 'Update zagi' })
  }
  if (version !== 1) throw bad('it has no version')
  if (typeof head !== 'string' || !isRefName(head) || !head.startsWith('refs/heads/')) throw bad('"head" is no branch')
  if (!Array.isArray(packs)) throw bad('"packs" is no list')
  return {
    version: 1,
    head,
    refs: parseRefs(refs),
    packs: packs.map(parsePack),
  }
}

/** The bytes of a refs document: keys sorted, so that equal documents have equal bytes. */
export function formatRefsDocument(document: RefsDocument): Uint8Array {
  const { head, refs, packs } = document
  const sorted = { version: 1, head, refs: sortKeys(refs), packs: packs.map(orderPack) }
  return Buffer.from(`${JSON.stringify(sorted, undefined, 1)}\n`, 'utf8')
}

function parsePack(value: unknown): RemotePack {
  const { name, size, objects } = record(value, 'a pack')
  if (typeof name !== 'string' || !packName.test(name)) throw bad('a pack has no valid name')
  if (!isCount(size) || !isCount(objects)) throw bad(`the pack "${name}" has no valid size`)
  return { name, size, objects }
}

function orderPack({ name, size, objects }: RemotePack): RemotePack {
  return { name, size, objects }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parseRefs(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value, '"refs"'))
  if (entries.length > maximumRefs) throw bad(`it has ${entries.length} refs, ${maximumRefs} are allowed`)
  for (const [name, id] of entries) {
    if (!isRefName(name) || !isObjectId(id)) throw bad(`"refs" has the invalid entry "${name.slice(0, 100)}"`)
  }
  return Object.fromEntries(entries) as Record<string, string>
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw bad(`${name} is no record`)
}

function sortKeys(value: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function bad(why: string, cause?: unknown): ZagiError {
  return new ZagiError('BAD_ANSWER', `The refs document of the repository is damaged: ${why}`, {
    hint: 'Ask the administrator of the server to look at the repository',
    ...(cause === undefined ? {} : { cause }),
  })
}
