import { parseRepositoryName, ZagiError } from '../base/index.ts'
import type { SendRequest } from './http-client.ts'
import { retrying } from './http-retry.ts'
import { isId } from './id.ts'
import { encodeRoots } from './manifest.ts'
import type { ChunkService } from './types.ts'

const answerLimit = 4 * 1024 * 1024

/** What a zagi server answers about chunks. */
export function httpChunkService(send: SendRequest, address: string): ChunkService {
  return {
    async missing(prefixes, signal) {
      const bitmap = await retrying(signal, async () => {
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(prefixes.length) }
        const path = '/v1/chunks/missing'
        const answer = await send({ method: 'POST', path, headers, body: prefixes, accept: [200], signal })
        return answer.bytes(answerLimit)
      })
      if (bitmap.length === Math.ceil(prefixes.length / 12 / 8)) return bitmap
      throw new ZagiError('BAD_ANSWER', `"${address}" did not say which chunks it has`)
    },
    async publish(repository, roots, signal) {
      parseRepositoryName(repository)
      const body = encodeRoots(roots)
      const text = await retrying(signal, async () => {
        const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
        const path = `/v1/repos/${repository}/manifests`
        const answer = await send({ method: 'POST', path, headers, body, accept: [200, 201], signal })
        return Buffer.from(await answer.bytes(answerLimit)).toString('utf8')
      })
      const id = idIn(text)
      if (id !== undefined) return id
      throw new ZagiError('BAD_ANSWER', `"${address}" did not name the manifest it wrote`)
    },
  }
}

function idIn(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown }
    return isId(id) ? id : undefined
  } catch {
    return undefined
  }
}
