import type { Store, StoreOptions } from './types.ts'
export function openStore(_folder: string, _options: StoreOptions = {}): Store {
  throw new Error('Bug: not written yet')
}
