import type { Backend } from './types.ts'
export function openBackend(_address: string, _options: { token?: string | undefined } = {}): Backend {
  throw new Error('Bug: not written yet')
}
