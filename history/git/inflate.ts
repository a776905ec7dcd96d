import { inflateSync } from 'node:zlib'

/** What {@link inflateExactly} found: the data, or why there is none. */
export type Inflated = { data: Buffer; used: number } | { data: undefined; short: boolean }

/**
 * Inflates one zlib stream that must hold exactly `size` bytes; what follows the stream is left alone.
 * `used` counts the compressed bytes. `short`: the stream may go on after the end of `bytes`.
 */
export function inflateExactly(bytes: Uint8Array, size: number): Inflated {
  // One spare byte of output, so that a stream that is too long shows itself instead of looking complete.
  const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.min(Math.max(size + 1, 64), 0x10_0000) }
  try {
    // With `info`, Node answers the engine too, which its types leave out.
    const result = inflateSync(bytes, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    if (result.buffer.length !== size) return { data: undefined, short: false }
    return { data: result.buffer, used: result.engine.bytesWritten }
  } catch (error) {
    return { data: undefined, short: (error as { code?: string }).code === 'Z_BUF_ERROR' }
  }
}

/** Compressed bytes that any usual encoder stays below for `size` bytes: zlib's own bound and some air. */
export function deflatedBound(size: number): number {
  return size + (size >> 9) + 64
}
