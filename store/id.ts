import type { Id } from './types.ts'

const shape = /^[0-9a-f]{64}$/

/** True for 64 lower-case hex digits. */
export function isId(value: unknown): value is Id {
  return typeof value === 'string' && shape.test(value)
}

/** The id whose 32 bytes are at `at`. */
export function idAt(ids: Uint8Array, at: number): Id {
  return Buffer.from(ids.buffer, ids.byteOffset + at, 32).toString('hex')
}

/** Writes an id's 32 bytes into `target` at `at`. */
export function writeId(id: Id, target: Buffer, at: number): void {
  if (target.write(id, at, 32, 'hex') !== 32) throw new Error(`Bug: "${id}" is not an id`)
}
