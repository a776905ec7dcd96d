import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ZagiError } from '../../base/index.ts'
import { fingerprint, type Narinfo } from './narinfo.ts'
import { decodeBase64 } from './nix-hash.ts'

/** Public keys by name. */
export type TrustedKeys = ReadonlyMap<string, KeyObject[]>

// An ed25519 public key in DER is this prefix and its 32 bytes (RFC 8410).
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const keyName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Reads keys in Nix's form, `name:base64`. @throws ZagiError SIGNATURE_BAD for a malformed one or none at all */
export function parseTrustedKeys(texts: string[]): TrustedKeys {
  const keys = new Map<string, KeyObject[]>()
  for (const text of texts) {
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(colon, 0))
    const raw = decodeBase64(text.slice(colon + 1), 32)
    if (!keyName.test(name) || raw === undefined) {
      throw new ZagiError('SIGNATURE_BAD', `"${text}" is not a public key of a binary cache`, {
        hint: 'A key is NAME:BASE64, as nix-store --generate-binary-cache-key writes it',
      })
    }
    const key = createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: 'der', type: 'spki' })
    keys.set(name, [...(keys.get(name) ?? []), key])
  }
  if (keys.size === 0) {
    throw new ZagiError('SIGNATURE_BAD', 'A binary cache needs at least one trusted key', {
      hint: 'Name the public key of the cache: NAME:BASE64',
    })
  }
  return keys
}

/** Passes only what at least one trusted key has signed. @throws ZagiError SIGNATURE_BAD */
export function verifyNarinfo(info: Narinfo, keys: TrustedKeys): void {
  const message = Buffer.from(fingerprint(info))
  const signed = info.signatures.some((text) => {
    const colon = text.indexOf(':')
    const signature = decodeBase64(text.slice(colon + 1), 64)
    const candidates = keys.get(text.slice(0, Math.max(colon, 0))) ?? []
    return signature !== undefined && candidates.some((key) => verify(null, message, key, signature))
  })
  if (signed) return
  const why = info.signatures.length === 0 ? 'it is not signed' : 'no signature on it is by a trusted key'
  throw new ZagiError('SIGNATURE_BAD', `The store path "${info.name}" is refused: ${why}`, {
    hint: `Trusted are ${[...keys.keys()].map((name) => `"${name}"`).join(', ')}`,
  })
}
