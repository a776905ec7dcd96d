import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explaining, explainSystemError, isZagiError, redact, throwIfInterrupted, ZagiError } from '../../base/index.ts'

/** The files of a binary cache, wherever they are. */
export interface CacheFiles {
  /** For messages, without credentials. */
  address: string
  /** The bytes of a file; undefined where the cache does not have it. Ends early only with an error. */
  open(name: string, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** A server that sends nothing for so long counts as gone. */
const silenceMs = 60_000

/** @throws ZagiError USAGE for anything but a `file://`, `http://` or `https://` address */
export function openCacheFiles(address: string): CacheFiles {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'file:') return folderFiles(fileURLToPath(url))
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return webFiles(url)
  throw new ZagiError('USAGE', `"${redact(address)}" is not the address of a binary cache`, {
    hint: 'An address begins with https://, http:// or file://',
  })
}

function folderFiles(folder: string): CacheFiles {
  return {
    address: folder,
    async open(name) {
      // The query some caches add to a name means nothing in a folder.
      const path = join(folder, name.replace(/\?.*$/, ''))
      const stat = explaining('look at', path, () => statSync(path, { throwIfNoEntry: false }))
      return stat?.isFile() ? readPieces(path) : undefined
    },
  }
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  } catch (error) {
    throw explainSystemError(error, 'read', path)
  }
}

function webFiles(base: URL): CacheFiles {
  const address = redact(base.href.replace(/\/$/, ''))
  const unreachable = (error: unknown) =>
    new ZagiError('SERVER_UNREACHABLE', `The binary cache "${address}" does not answer: ${reason(error)}`, {
      hint: 'Check the address of the cache and the network of the server',
      cause: error,
    })
  return {
    address,
    async open(name, signal) {
      throwIfInterrupted(signal)
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(new Error('no answer for a minute')), silenceMs)
      const both = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal])
      const explain = (error: unknown) => {
        clearTimeout(timer)
        throwIfInterrupted(signal)
        return isZagiError(error) ? error : unreachable(silence.signal.aborted ? silence.signal.reason : error)
      }
      const [path, query] = name.split('?')
      const url = new URL(base)
      url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`
      url.search = query ?? ''
      let response: Response
      try {
        response = await fetch(url, { signal: both })
      } catch (error) {
        throw explain(error)
      }
      // Object storages behind caches say 403 for what is not there.
      if (response.status === 404 || response.status === 403 || response.body === null) {
        clearTimeout(timer)
        await response.body?.cancel()
        return undefined
      }
      if (!response.ok) {
        clearTimeout(timer)
        await response.body.cancel()
        throw new ZagiError('SERVER_FAILED', `The binary cache "${address}" answered ${response.status} for "${name}"`)
      }
      return watched(response.body, timer, explain)
    },
  }
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  timer: NodeJS.Timeout,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      timer.refresh()
      yield piece
    }
  } catch (error) {
    throw explain(error)
  } finally {
    clearTimeout(timer)
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
