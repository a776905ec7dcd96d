import { isZagiError, parseRepositoryName, ZagiError } from '../base/index.ts'

/** What a key of the object storage names. Nothing outside of this closed list is read or written for a client. */
export type ObjectKey =
  | { kind: 'pack'; key: string; id: string }
  | { kind: 'pack index'; key: string; id: string }
  | { kind: 'git pack'; key: string; repository: string; name: string }
  | { kind: 'git index'; key: string; repository: string; name: string }
  | { kind: 'manifest'; key: string; repository: string; id: string }
  | { kind: 'refs'; key: string; repository: string }

/** Reads a key. @throws ZagiError BAD_NAME for everything that is not in the layout, `..` and the like included */
export function parseObjectKey(key: string): ObjectKey {
  const pack = /^packs\/([0-9a-f]{2})\/([0-9a-f]{64})\.(pack|index)$/.exec(key)
  if (pack !== null) {
    const [, folder, id, ending] = pack as unknown as [string, string, string, string]
    if (id.startsWith(folder)) return { kind: ending === 'pack' ? 'pack' : 'pack index', key, id }
  }
  const inside = /^repos\/([^/]+\/[^/]+)\/(.+)$/.exec(key)
  if (inside !== null) {
    const [, repository, rest] = inside as unknown as [string, string, string]
    const found = isRepositoryName(repository) ? insideRepository(repository, rest, key) : undefined
    if (found !== undefined) return found
  }
  throw new ZagiError('BAD_NAME', `"${key.slice(0, 200)}" is not a key of this storage`, {
    hint: 'docs/http-api.md lists the keys there are',
  })
}

function insideRepository(repository: string, rest: string, key: string): ObjectKey | undefined {
  if (rest === 'refs') return { kind: 'refs', key, repository }
  const manifest = /^manifests\/([0-9a-f]{64})$/.exec(rest)
  if (manifest !== null) return { kind: 'manifest', key, repository, id: manifest[1]! }
  const git = /^objects\/pack\/(pack-[0-9a-f]{40})\.(pack|idx)$/.exec(rest)
  if (git === null) return undefined
  return { kind: git[2] === 'pack' ? 'git pack' : 'git index', key, repository, name: git[1]! }
}

function isRepositoryName(text: string): boolean {
  try {
    parseRepositoryName(text)
    return true
  } catch (error) {
    if (isZagiError(error, 'BAD_NAME')) return false
    throw error
  }
}

/** Checks the prefix of a listing: the beginning of a key, without any trick in it. @throws ZagiError BAD_NAME */
export function checkKeyPrefix(prefix: string): string {
  const fits = /^(packs|repos)\/([A-Za-z0-9][A-Za-z0-9._-]*\/)*[A-Za-z0-9._-]*$/.test(prefix)
  if (fits && prefix.length <= 300 && !prefix.includes('..')) return prefix
  throw new ZagiError('BAD_NAME', `"${prefix.slice(0, 200)}" is not the beginning of a key`, {
    hint: 'A prefix starts with packs/ or repos/',
  })
}

export function packKey(id: string): string {
  return `packs/${id.slice(0, 2)}/${id}.pack`
}

export function packIndexKey(id: string): string {
  return `packs/${id.slice(0, 2)}/${id}.index`
}

export function gitPackKey(repository: string, name: string): string {
  return `repos/${repository}/objects/pack/${name}.pack`
}

export function gitIndexKey(repository: string, name: string): string {
  return `repos/${repository}/objects/pack/${name}.idx`
}

export function manifestKey(repository: string, id: string): string {
  return `repos/${repository}/manifests/${id}`
}

export function refsKey(repository: string): string {
  return `repos/${repository}/refs`
}
