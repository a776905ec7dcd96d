import { parseRepositoryName, ZagiError } from '../base/index.ts'
import { encodeManifest, manifestId, parseRoots, type Roots } from '../store/index.ts'
import { sendJson } from './answers.ts'
import { param } from './exchange.ts'
import type { KnownChunks } from './known-chunks.ts'
import { type Located, locateChunks } from './locate-chunks.ts'
import { manifestKey } from './object-key.ts'
import { bodyPieces, readBody } from './request-body.ts'
import type { Route } from './router.ts'
import type { Service } from './service.ts'

const prefixLength = 12
// Some 700,000 prefixes: more than a client asks about at once.
const missingLimit = 8 << 20
const rootsLimit = 4 << 20
// How old the knowledge of other servers' uploads may be. Being behind costs an upload twice, nothing else.
const staleMs = 2000

/** Which chunks are missing, and manifests of what is there. */
export function chunkRoutes(service: Service): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/v1/chunks/missing',
      access: 'read',
      async handle(exchange) {
        await service.chunks.refresh(performance.now() - staleMs)
        const bitmap = await missingChunks(service.chunks.known, bodyPieces(exchange, missingLimit))
        exchange.response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': bitmap.length,
          'cache-control': 'no-cache',
        })
        exchange.response.end(bitmap)
      },
    },
    {
      method: 'POST',
      pattern: '/v1/repos/:owner/:name/manifests',
      access: 'write',
      async handle(exchange) {
        const repository = `${param(exchange, 'owner')}/${param(exchange, 'name')}`
        parseRepositoryName(repository)
        const roots = parseRoots(await readBody(exchange, rootsLimit))
        const id = manifestId(roots)
        const key = manifestKey(repository, id)
        if ((await service.storage.head(key)) === undefined) {
          const { holdings, missing } = await locateRoots(service, roots, exchange.signal)
          if (missing.length > 0) {
            throw new ZagiError('CHUNK_MISSING', `The server lacks chunks below these roots: ${missing.join(', ')}`, {
              hint: 'Upload them first: POST /v1/chunks/missing tells which',
            })
          }
          await service.storage.put(key, encodeManifest({ version: 1, roots, holdings }))
        }
        sendJson(exchange, { id })
      },
    },
  ]
}

/** Finds everything below roots, looking again for what other servers stored before it says that something is missing. */
export async function locateRoots(service: Service, roots: Roots, signal?: AbortSignal): Promise<Located> {
  const asked = performance.now()
  const { storage, chunks } = service
  await chunks.refresh(0)
  const located = await locateChunks(roots, { storage, known: chunks.known, signal })
  if (located.missing.length === 0) return located
  await chunks.refresh(asked)
  return locateChunks(roots, { storage, known: chunks.known, signal })
}

/** One bit for each prefix, lowest bit first: 1 where no chunk's id begins with it. The prefixes are not kept. */
async function missingChunks(known: KnownChunks, pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const bits: number[] = []
  let rest: Uint8Array = Buffer.alloc(0)
  let count = 0
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    for (; at + prefixLength <= bytes.length; at += prefixLength, count++) {
      if (count % 8 === 0) bits.push(0)
      if (!known.has(bytes, at, prefixLength)) bits[bits.length - 1]! |= 1 << (count & 7)
    }
    rest = bytes.subarray(at)
  }
  if (rest.length > 0) throw new ZagiError('USAGE', `The body is not a whole number of ${prefixLength}-byte prefixes`)
  return Buffer.from(bits)
}
