import { Hasher } from 'gearhash-jit'

/** Content of up to this many bytes has no inner cut. */
const longestSingleChunk = 8 * 1024 - 64
const largest = 128 * 1024
// The hash sees a window of 64 bytes, so it starts that many (and one) before the smallest chunk's end.
const skipped = 8 * 1024 - 64 - 1
const mask = 0xffff_0000_0000_0000n

let hasher: Hasher | undefined

/**
 * Cuts content where its bytes say so, by GearHash with Xet's rules (see docs/formats/chunks.md): chunks of 8 to 128 KiB,
 * 64 KiB on average. Puts the end of each chunk into `ends`, the last one being the length of `bytes`.
 * @returns the number of chunks, at least one
 */
export function cutChunks(bytes: Uint8Array, ends: number[]): number {
  let count = 0
  let start = 0
  while (bytes.length - start > longestSingleChunk) {
    hasher ??= new Hasher(mask)
    hasher.resetHash()
    const from = start + skipped
    const to = Math.min(bytes.length, start + largest)
    const match = hasher.nextMatch(bytes.subarray(from, to))
    start = match < 0 ? to : from + match
    ends[count++] = start
  }
  if (start < bytes.length || count === 0) ends[count++] = bytes.length
  return count
}
