import { ZagiError } from '../../base/index.ts'
import { isStoreName } from '../../envs/index.ts'
import { formatNixSha256, parseNixSha256 } from './nix-hash.ts'
import { type StorePathInfo, storeFolder, storeNameOf } from './store-path.ts'

/** Largest narinfo file that is read, in bytes. Those of the largest packages have some 100 KB of references. */
export const maximumNarinfo = 1 << 20
/** Largest NAR that is taken, in bytes. */
const maximumNar = 16 * 2 ** 30
const maximumReferences = 10_000
const maximumSignatures = 32

/** What a binary cache says of a store path. Nothing in it is to be believed before its signature was checked. */
export interface Narinfo extends StorePathInfo {
  /** Where the NAR is, relative to the cache. */
  url: string
  compression: string
  /** SHA-256 and size of the compressed NAR, where they are given. */
  fileHash: Buffer | undefined
  fileSize: number | undefined
  /** `<key name>:<base 64>` each. */
  signatures: string[]
}

// Relative, no "..", no empty part; some caches add a query.
const relativeUrl =
  /^[A-Za-z0-9_~+=@-][A-Za-z0-9._~+=@-]*(\/[A-Za-z0-9_~+=@-][A-Za-z0-9._~+=@-]*)*(\?[A-Za-z0-9._~+=&-]*)?$/
const single = ['StorePath', 'URL', 'Compression', 'FileHash', 'FileSize', 'NarHash', 'NarSize', 'References']

/**
 * Reads a narinfo file strictly: every field that matters is there once and well-formed; fields it does not know are
 * passed over. @throws ZagiError NARINFO_BAD
 */
export function parseNarinfo(bytes: Uint8Array, source: string): Narinfo {
  const fail = (why: string): never => {
    throw new ZagiError('NARINFO_BAD', `The narinfo "${source}" is refused: ${why}`, {
      hint: 'The binary cache is damaged or not one: check its address',
    })
  }
  if (bytes.length > maximumNarinfo) return fail(`it has more than ${maximumNarinfo} bytes`)
  const { fields, signatures } = readFields(bytes, fail)
  const field = (key: string): string => fields.get(key) ?? fail(`the field "${key}" is missing`)
  const hash = (key: string) => parseNixSha256(field(key)) ?? fail(`"${key}" is not a SHA-256`)
  const size = (key: string) => readSize(field(key)) ?? fail(`"${key}" is not a size up to ${maximumNar}`)

  const name = storeNameOf(field('StorePath')) ?? fail(`"StorePath" is not a path in ${storeFolder}`)
  const url = field('URL')
  if (url.length > 512 || !relativeUrl.test(url)) fail('"URL" is not a plain relative address')
  const references = (fields.get('References') ?? '').split(' ').filter((word) => word !== '')
  if (references.length > maximumReferences) fail(`it has more than ${maximumReferences} references`)
  if (!references.every(isStoreName)) fail('"References" names something that is not a store path')
  if (new Set(references).size !== references.length) fail('"References" names a path twice')
  return {
    name,
    url,
    // What Nix takes for granted where the field is missing.
    compression: fields.get('Compression') ?? 'bzip2',
    fileHash: fields.has('FileHash') ? hash('FileHash') : undefined,
    fileSize: fields.has('FileSize') ? size('FileSize') : undefined,
    narHash: hash('NarHash'),
    narSize: size('NarSize'),
    references: references.sort(),
    signatures,
  }
}

function readFields(bytes: Uint8Array, fail: (why: string) => never) {
  const text = Buffer.from(bytes).toString('latin1')
  if (/[^\n\x20-\x7e]/.test(text)) fail('it has characters that are not printable ASCII')
  const fields = new Map<string, string>()
  const signatures: string[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const colon = line.indexOf(':')
    if (colon < 1) fail(`the line "${line.slice(0, 60)}" has no field name`)
    const key = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (key === 'Sig') signatures.push(value)
    else if (!single.includes(key)) continue
    else if (fields.has(key)) fail(`the field "${key}" is there twice`)
    else fields.set(key, value)
  }
  if (signatures.length > maximumSignatures) fail(`it has more than ${maximumSignatures} signatures`)
  return { fields, signatures }
}

function readSize(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const size = Number(text)
  return size <= maximumNar ? size : undefined
}

/** What a signature of a store path covers: `1;<path>;<NAR hash>;<NAR size>;<references>`. */
export function fingerprint(info: StorePathInfo): string {
  const full = (name: string) => `${storeFolder}/${name}`
  const references = info.references.map(full).sort().join(',')
  return `1;${full(info.name)};${formatNixSha256(info.narHash)};${info.narSize};${references}`
}
