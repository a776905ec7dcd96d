import { isZagiError, ZagiError } from '../base/index.ts'
import { formatRefsDocument, parseRefsDocument } from '../history/index.ts'
import { HttpError, sendJson } from './answers.ts'
import { checkRefsDocument } from './check-refs.ts'
import type { Exchange } from './exchange.ts'
import type { ObjectKey } from './object-key.ts'
import { readBody } from './request-body.ts'
import type { Service } from './service.ts'

const refsLimit = 16 << 20

/**
 * Replaces a repository's refs document if it is still the one that the client knows.
 * @throws ZagiError REF_MOVED where somebody was faster, BAD_NAME, CHUNK_MISSING, GIT_OBJECT_CORRUPT, …
 */
export async function replaceRefs(
  service: Service,
  exchange: Exchange,
  key: Extract<ObjectKey, { kind: 'refs' }>,
): Promise<void> {
  const expected = expectedVersion(exchange)
  const document = parseSent(await readBody(exchange, refsLimit))
  const current = await service.storage.getVersioned(key.key)
  if (current?.version !== expected) throw moved(key.repository)
  const previous = current === undefined ? undefined : parseRefsDocument(current.bytes)
  await checkRefsDocument({ storage: service.storage, repository: key.repository, document, previous })
  try {
    const version = await service.storage.replace(key.key, formatRefsDocument(document), expected)
    sendJson(exchange, { version }, { headers: { etag: `"${version}"` } })
  } catch (error) {
    // Between the look and the swap somebody else was faster.
    throw isZagiError(error, 'REF_MOVED') ? moved(key.repository) : error
  }
}

/** The version to replace; undefined where there must not be one yet. */
function expectedVersion(exchange: Exchange): string | undefined {
  const { 'if-match': match, 'if-none-match': none } = exchange.request.headers
  if (match === undefined && none?.trim() === '*') return undefined
  const [, version] = none === undefined ? (/^"([^"]+)"$/.exec(match?.trim() ?? '') ?? []) : []
  if (version !== undefined) return version
  throw new HttpError(428, 'USAGE', 'Refs are replaced only with If-Match: "VERSION" or If-None-Match: *')
}

function parseSent(bytes: Uint8Array): ReturnType<typeof parseRefsDocument> {
  try {
    return parseRefsDocument(bytes)
  } catch (error) {
    if (isZagiError(error, 'BAD_ANSWER')) throw new HttpError(422, 'BAD_ANSWER', error.message)
    throw error
  }
}

function moved(repository: string): ZagiError {
  return new ZagiError('REF_MOVED', `Somebody else moved the refs of "${repository}" first`, {
    hint: 'Pull, then push again',
  })
}
