import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** Larger contents are not looked into. */
const maximumContent = 64 * 1024 * 1024

/**
 * The content of a gzip or zstd file, or undefined where the bytes are neither, are damaged or hold too much.
 * Other compressions (xz, bzip2, zip) are not looked into.
 */
export function decompress(bytes: Uint8Array): Buffer | undefined {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte)
  const isGzip = starts(0x1f, 0x8b)
  if (!isGzip && !starts(0x28, 0xb5, 0x2f, 0xfd)) return undefined
  try {
    const limit = { maxOutputLength: maximumContent }
    return isGzip ? gunzipSync(bytes, limit) : zstdDecompressSync(bytes, limit)
  } catch {
    return undefined
  }
}
