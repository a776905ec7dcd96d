import type { Exchange } from './exchange.ts'
import type { ObjectKey } from './object-key.ts'
import type { Received } from './receive-pack.ts'
import type { Service } from './service.ts'

type GitKey = Extract<ObjectKey, { kind: 'git pack' | 'git index' }>
export async function receiveGitPack(_service: Service, _exchange: Exchange, _key: GitKey): Promise<Received> {
  throw new Error('Bug: not written yet')
}
