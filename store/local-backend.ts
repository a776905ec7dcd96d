import type { Backend } from './types.ts'
export function localBackend(_folder: string): Backend {
  throw new Error('Bug: not written yet')
}
