import { random } from '../helpers/random.ts'

/** Blobs that depend on the seed only: small ones, ones of many chunks, and one that all seeds have. */
export function seededBlobs(seed: number): Buffer[] {
  const source = random(seed)
  const sizes = [0, 1, 100, 8127, 8128, 8129, 70_000, 300_000]
  const blobs = sizes.map((size) => Buffer.alloc(size, source.bytes(1 + source.below(5000))))
  return [...blobs, Buffer.alloc(40_000, 'the same in all')]
}
