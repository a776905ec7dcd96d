import { once } from 'node:events'
import { ZagiError } from '../base/index.ts'
import { HttpError, sendJson } from './answers.ts'
import { type Exchange, isHead, param } from './exchange.ts'
import { checkKeyPrefix, type ObjectKey, parseObjectKey } from './object-key.ts'
import { receiveGitPack } from './receive-git-pack.ts'
import { receivePack } from './receive-pack.ts'
import { replaceRefs } from './replace-refs.ts'
import type { Route } from './router.ts'
import { sendContent } from './send-content.ts'
import type { Service } from './service.ts'

/** Reading and writing the storage by key. */
export function objectRoutes(service: Service): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/objects',
      access: 'read',
      handle: (exchange) => sendList(service, exchange),
    },
    {
      method: 'GET',
      pattern: '/v1/objects/*key',
      access: 'read',
      handle: (exchange) => sendObject(service, exchange, parseObjectKey(param(exchange, 'key'))),
    },
    {
      method: 'PUT',
      pattern: '/v1/objects/*key',
      access: 'write',
      handle: (exchange) => putObject(service, exchange, parseObjectKey(param(exchange, 'key'))),
    },
  ]
}

/** Answers with an object of the storage. @throws ZagiError KEY_NOT_FOUND, REPOSITORY_NOT_FOUND */
export async function sendObject(service: Service, exchange: Exchange, key: ObjectKey): Promise<void> {
  const { storage } = service
  if (key.kind === 'refs') {
    const found = await storage.getVersioned(key.key)
    if (found === undefined) throw new ZagiError('REPOSITORY_NOT_FOUND', `There is no repository "${key.repository}"`)
    const { bytes, version } = found
    await sendContent(exchange, {
      size: bytes.length,
      version,
      type: 'application/json',
      immutable: false,
      open: async function* ({ start, length }) {
        yield bytes.subarray(start, start + length)
      },
    })
    return
  }
  const found = await storage.head(key.key)
  if (found === undefined) throw new ZagiError('KEY_NOT_FOUND', `There is no object "${key.key}"`)
  await sendContent(exchange, {
    size: found.size,
    version: key.kind === 'git pack' || key.kind === 'git index' ? key.name : key.id,
    type: key.kind === 'manifest' ? 'application/json' : 'application/octet-stream',
    immutable: true,
    open: (range, signal) => storage.stream(key.key, { ...range, signal }),
  })
}

async function putObject(service: Service, exchange: Exchange, key: ObjectKey): Promise<void> {
  switch (key.kind) {
    case 'pack':
    case 'pack index':
      return sendJson(exchange, await receivePack(service, exchange, key), { status: 201 })
    case 'git pack':
    case 'git index':
      return sendJson(exchange, await receiveGitPack(service, exchange, key), { status: 201 })
    case 'refs':
      return replaceRefs(service, exchange, key)
    case 'manifest':
      throw new HttpError(403, 'AUTH_DENIED', 'Manifests are written by the server alone', {
        hint: `POST the roots to /v1/repos/${key.repository}/manifests`,
      })
  }
}

async function sendList(service: Service, exchange: Exchange): Promise<void> {
  const { response } = exchange
  const prefix = checkKeyPrefix(exchange.query.get('prefix') ?? 'packs/')
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' })
  if (!isHead(exchange)) {
    for await (const { key, size } of service.storage.list(prefix)) {
      if (exchange.signal.aborted) return
      if (!response.write(`${JSON.stringify({ key, size })}\n`))
        await once(response, 'drain', { signal: exchange.signal })
    }
  }
  response.end()
}
