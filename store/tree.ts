import type { Tree } from './types.ts'
export function encodeTree(_tree: Tree): Uint8Array {
  throw new Error('Bug: not written yet')
}
export function decodeTree(_bytes: Uint8Array): Tree {
  throw new Error('Bug: not written yet')
}
