import { fileURLToPath } from 'node:url'
import { redact, ZagiError } from '../base/index.ts'
import { httpBackend } from './http-backend.ts'
import { localBackend } from './local-backend.ts'
import type { Backend } from './types.ts'

/** Opens the object storage at an address: `https://…`, `http://…` or `file://…`. @throws ZagiError BAD_NAME */
export function openBackend(address: string, options: { token?: string | undefined } = {}): Backend {
  const scheme = /^([a-z0-9]+):\/\//.exec(address)?.[1]
  if (scheme === 'http' || scheme === 'https') return httpBackend({ url: address, token: options.token })
  if (scheme === 'file') return localBackend(folderOf(address))
  throw new ZagiError('BAD_NAME', `"${redact(address)}" is not an address that zagi can store at`, {
    hint: 'It begins with https://, http:// or file:///',
  })
}

function folderOf(address: string): string {
  try {
    return fileURLToPath(address).replace(/(.)\/+$/, '$1')
  } catch (cause) {
    throw new ZagiError('BAD_NAME', `"${address}" does not name a folder of this machine`, {
      hint: 'An address looks like file:///srv/zagi',
      cause,
    })
  }
}
