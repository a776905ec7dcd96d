import { decodeNixBase32, encodeNixBase32, nixBase32Length } from './nix-base32.ts'

const sha256Bytes = 32

/**
 * Reads a SHA-256 in any form that Nix writes: `sha256:` with Nix base 32, hex or base 64, or SRI `sha256-<base 64>`.
 * Undefined for anything else.
 */
export function parseNixSha256(text: string): Buffer | undefined {
  const value = /^sha256[:-](.{40,70})$/.exec(text)?.[1]
  if (value === undefined) return undefined
  if (/^[0-9a-f]{64}$/.test(value)) return Buffer.from(value, 'hex')
  if (value.length === nixBase32Length(sha256Bytes)) return decodeNixBase32(value, sha256Bytes)
  return decodeBase64(value, sha256Bytes)
}

/** The form that fingerprints and narinfo files use: `sha256:` and 52 digits. */
export function formatNixSha256(digest: Uint8Array): string {
  return `sha256:${encodeNixBase32(digest)}`
}

/** `length` bytes of canonical base 64, with its padding; else undefined. */
export function decodeBase64(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined
}
