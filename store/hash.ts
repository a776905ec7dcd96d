import { addonHash } from './hash-addon.ts'
import { wasmHash } from './hash-wasm.ts'
import type { Id } from './types.ts'

/** Writes the 32 bytes of BLAKE3-256 of `bytes` into `target` at `at`. */
export type HashInto = (bytes: Uint8Array, target: Buffer, at: number) => void

let implementation: HashInto | undefined

/** Writes the 32 bytes of BLAKE3-256 of `bytes` into `target` at `at`: the call for bulk work. */
export function hashInto(bytes: Uint8Array, target: Buffer, at: number): void {
  implementation ??= addonHash() ?? wasmHash()
  implementation(bytes, target, at)
}

const scratch = Buffer.alloc(32)

/** The id of these bytes as a chunk. */
export function hash(bytes: Uint8Array): Id {
  hashInto(bytes, scratch, 0)
  return scratch.toString('hex')
}
