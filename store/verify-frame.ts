import { ZagiError } from '../base/index.ts'
import { decodeFrame } from './frame.ts'
import { hashInto } from './hash.ts'
import { failPack, type PackIndex } from './pack-index.ts'

const digest = Buffer.alloc(32)

/**
 * Unfolds a frame that nobody has checked, and hashes every chunk in it.
 * @returns its raw bytes
 * @throws ZagiError PACK_CORRUPT, CHUNK_CORRUPT
 */
export function verifyFrame(index: PackIndex, frame: number, stored: Uint8Array): Uint8Array {
  const span = index.frame(frame)
  const raw = stored.length === span.stored ? decodeFrame(stored, span.codec, span.raw) : undefined
  if (raw === undefined) return failPack(index.id, `frame ${frame} does not unfold to ${span.raw} bytes`)
  let at = 0
  for (let chunk = index.firstChunk(frame); chunk < index.firstChunk(frame + 1); chunk++) {
    const size = index.chunkSize(chunk)
    hashInto(raw.subarray(at, at + size), digest, 0)
    at += size
    const id = index.idOffset(chunk)
    if (digest.compare(index.section, id, id + 32) === 0) continue
    throw new ZagiError('CHUNK_CORRUPT', `The chunk "${index.chunkId(chunk)}" is damaged in the pack "${index.id}"`, {
      hint: 'Remove that pack from the store, then bring its content back with: zagi pull',
    })
  }
  return raw
}
