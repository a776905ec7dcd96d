import { readFileSync } from 'node:fs'
import { indexPack } from '../history/index.ts'
import type { Exchange } from './exchange.ts'
import { gitIndexKey, gitPackKey, type ObjectKey } from './object-key.ts'
import { type Received, receiveObject } from './receive-object.ts'
import type { Service } from './service.ts'

type GitKey = Extract<ObjectKey, { kind: 'git pack' | 'git index' }>

/**
 * Takes a Git pack, or its idx. Every object in it is unpacked and named anew.
 * @throws ZagiError GIT_OBJECT_CORRUPT, TOO_LARGE, DOWNLOAD_CUT, KEY_NOT_FOUND
 */
export function receiveGitPack(service: Service, exchange: Exchange, key: GitKey): Promise<Received> {
  const { repository, name } = key
  return receiveObject(service, exchange, {
    isIndex: key.kind === 'git index',
    packKey: gitPackKey(repository, name),
    indexKey: gitIndexKey(repository, name),
    check: (file) => indexPack(name, readFileSync(file), { signal: exchange.signal }),
  })
}
