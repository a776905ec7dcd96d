/** Nanosecond mtimes of the root and of all entries below it in tree pre-order. */
export interface Times {
  root: bigint
  entries: bigint[]
}
export function encodeTimes(_times: Times): Uint8Array {
  throw new Error('Bug: not written yet')
}
export function decodeTimes(_bytes: Uint8Array): Times {
  throw new Error('Bug: not written yet')
}
