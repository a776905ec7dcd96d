import { ZagiError } from '../base/index.ts'
import { HttpError } from './answers.ts'

// What may stand in a shell script between single quotes, in HTML and in a URL, without meaning anything there.
const hostForm = /^[A-Za-z0-9.:_[\]-]{1,255}$/
const urlForm = /^https?:\/\/[A-Za-z0-9.:_[\]-]{1,255}(\/[A-Za-z0-9._~-]+)*\/?$/

/** Checks a configured public URL and takes its final slash away. @throws ZagiError USAGE */
export function parsePublicUrl(text: string): string {
  if (urlForm.test(text) && URL.canParse(text)) return text.replace(/\/$/, '')
  throw new ZagiError('USAGE', `"${text}" is not a URL that clients could use`, {
    hint: 'For example https://zagi.example.org',
  })
}

/** This server's URL for a client: the configured one, else what its Host header says. @throws ZagiError USAGE */
export function publicUrl(configured: string | undefined, host: string | undefined): string {
  if (configured !== undefined) return configured
  if (host !== undefined && hostForm.test(host) && URL.canParse(`http://${host}`)) return `http://${host}`
  throw new HttpError(400, 'USAGE', 'The Host header is missing or has characters that no host name has')
}
