import type { Backend } from './types.ts'
export interface HttpBackendOptions {
  url: string
  token?: string | undefined
  userAgent?: string | undefined
}
export function httpBackend(_options: HttpBackendOptions): Backend {
  throw new Error('Bug: not written yet')
}
