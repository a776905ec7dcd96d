import { closeSync, fstatSync, openSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { explaining } from '../base/index.ts'
import { type ReadAt, readFileAt, readPackIndex } from './pack-footer.ts'
import type { Id } from './types.ts'
import { verifyFrame } from './verify-frame.ts'

/** A pack of which every byte was checked. */
export interface VerifiedPack {
  id: Id
  chunks: number
  frames: number
  rawBytes: number
  /** Its index section: what a remote keeps as `<id>.index`. */
  index: Uint8Array
}

/**
 * Checks a pack that nobody has checked: every length before anything is allocated by it, every chunk against its id.
 * Takes the memory of one frame and the index, and lets other work go on between frames.
 * @param pack its bytes, or the path of a file
 * @throws ZagiError PACK_CORRUPT, CHUNK_CORRUPT
 */
export async function verifyPack(pack: Uint8Array | string): Promise<VerifiedPack> {
  if (typeof pack !== 'string') return verify(pack.length, (offset, length) => pack.subarray(offset, offset + length))
  const file = explaining('read', pack, () => openSync(pack, 'r'))
  try {
    return await verify(fstatSync(file).size, readFileAt(file, undefined))
  } finally {
    closeSync(file)
  }
}

async function verify(size: number, read: ReadAt): Promise<VerifiedPack> {
  const index = readPackIndex(size, read)
  for (let frame = 0; frame < index.frames; frame++) {
    const { offset, stored } = index.frame(frame)
    verifyFrame(index, frame, read(offset, stored))
    if (frame % 8 === 7) await breathe()
  }
  const { id, chunks, frames, rawBytes, section } = index
  return { id, chunks, frames, rawBytes, index: section }
}
