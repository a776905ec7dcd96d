import { ZagiError } from '../../base/index.ts'
import { isStoreName } from '../../envs/index.ts'
import { parseNixSha256 } from './nix-hash.ts'
import { type StorePathInfo, storeNameOf } from './store-path.ts'

const maximumPaths = 20_000

/**
 * Reads what `nix path-info --recursive --json` prints: a list of objects with a `path` (up to 2.18), an object by path
 * (from 2.19), or that object under `info` with base names and hashes in parts (from 2.33, on request).
 * @throws ZagiError TOOL_FAILED where it is none of these, or a path is not valid
 */
export function parsePathInfo(text: string): StorePathInfo[] {
  const root = parse(text)
  const infos = Array.isArray(root)
    ? root.map((value) => readInfo(isObject(value) ? value['path'] : undefined, value))
    : Object.entries(isObject(root) ? (isObject(root['info']) ? root['info'] : root) : refuse('it is no object')).map(
        ([path, value]) => readInfo(path, value),
      )
  if (infos.length === 0 || infos.length > maximumPaths) refuse(`it has ${infos.length} store paths`)
  const names = new Set(infos.map((info) => info.name))
  for (const { name, references } of infos) {
    const missing = references.find((reference) => !names.has(reference))
    if (missing !== undefined) refuse(`"${name}" needs "${missing}", which is not in it`)
  }
  return infos.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readInfo(path: unknown, value: unknown): StorePathInfo {
  const name = nameOf(path) ?? refuse(`${JSON.stringify(path)} is not a store path`)
  if (!isObject(value) || value['valid'] === false) return refuse(`"${name}" is not in the store`)
  const narHash = hashOf(value['narHash']) ?? refuse(`the hash of "${name}" is not a SHA-256`)
  const narSize = value['narSize']
  if (typeof narSize !== 'number' || !Number.isSafeInteger(narSize) || narSize < 0) {
    return refuse(`the size of "${name}" is not a number`)
  }
  const listed = Array.isArray(value['references']) ? value['references'] : refuse(`"${name}" has no references`)
  const references = listed.map((item) => nameOf(item) ?? refuse(`"${name}" refers to something else than a path`))
  return { name, narHash, narSize, references: [...new Set(references)].sort() }
}

function nameOf(path: unknown): string | undefined {
  return isStoreName(path) ? path : storeNameOf(path)
}

function hashOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return parseNixSha256(value)
  if (!isObject(value)) return undefined
  return parseNixSha256(`${value['algorithm']}:${value['hash']}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuse('it is not JSON')
  }
}

function refuse(why: string): never {
  throw new ZagiError('TOOL_FAILED', `What Nix says of a closure is not understood: ${why}`, {
    hint: 'Use Nix 2.8 or newer on the server; one that is much newer may write another form',
  })
}
