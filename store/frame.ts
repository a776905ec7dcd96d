import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { codecRaw, codecZstd } from './pack-index.ts'

// Level 1 uses 512 KiB; a hostile frame may not make the decoder take more than 16 MiB for its window.
const windowLimit = { [constants.ZSTD_d_windowLogMax]: 24 }
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** The bytes of a frame as they are stored. */
export interface EncodedFrame {
  codec: number
  stored: Uint8Array
}

/** Compresses a frame by zstd level 1, or leaves it as it is where that saves less than 3 %. */
export function encodeFrame(raw: Uint8Array): EncodedFrame {
  const stored = zstdCompressSync(raw, compression)
  return stored.length < raw.length * 0.97 ? { codec: codecZstd, stored } : { codec: codecRaw, stored: raw }
}

/** The raw bytes of a frame, or undefined unless they are exactly `length`, which is also the most memory it takes. */
export function decodeFrame(stored: Uint8Array, codec: number, length: number): Uint8Array | undefined {
  if (codec === codecRaw) return stored.length === length ? stored : undefined
  try {
    // The extra bytes in the output buffer let zstd see the end without a second one.
    const raw = zstdDecompressSync(stored, { chunkSize: length + 64, maxOutputLength: length, params: windowLimit })
    return raw.length === length ? raw : undefined
  } catch {
    return undefined
  }
}
