import type { Backend, Remote } from './types.ts'
export function openRemote(_backend: Backend, _options: { cacheFolder: string }): Remote {
  throw new Error('Bug: not written yet')
}
