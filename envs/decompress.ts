import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** Larger contents are not looked into. */
const maximumContent = 64 * 1024 * 1024

/**
 * The content of a gzip or zstd file, or undefined where the bytes are neither, are damaged or hold too much.
 * Other compressions (xz, bzip2, zip) are not looked into.
 */
export function decompress(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4) return undefined
  const isGzip = bytes.readUInt16BE(0) === 0x1f8b
  const isZstd = bytes.readUInt32LE(0) === 0xfd2fb528
  if (!isGzip && !isZstd) return undefined
  try {
    const limit = { maxOutputLength: maximumContent }
    return isGzip ? gunzipSync(bytes, limit) : zstdDecompressSync(bytes, limit)
  } catch {
    return undefined
  }
}
