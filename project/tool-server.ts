import { isErrorCode, type LongOperation, type SystemName, ZagiError } from '../base/index.ts'
import type { BlobRef, Holdings } from '../store/index.ts'
import { isCount, isId } from './snapshot-manifest.ts'

/** A tool that lies at the server, ready to be fetched. */
export interface ServedTool {
  name: string
  version: string
  /** Base name of its store path. */
  path: string
  closure: BlobRef
  holdings: Holdings
  files: number
  bytes: number
  bin: string[]
}

export interface ResolvedTool {
  request: string
  name: string
  version: string
}

export interface FoundTool {
  name: string
  versions: string[]
  description: string
}

/** The tool half of a zagi server. */
export interface ToolServer {
  /** Which versions requests such as `node@22` come to. @throws ZagiError TOOL_UNKNOWN, VERSION_UNKNOWN */
  resolve(requests: string[], system: SystemName): Promise<ResolvedTool[]>
  /** Has the server build or fetch a tool. @throws ZagiError TOOL_FAILED */
  realise(tool: ResolvedTool, system: SystemName, operation: LongOperation): Promise<ServedTool>
  search(query: string, system: SystemName): Promise<FoundTool[]>
}

// A build may be silent for long; connecting may not.
const connectMs = 20_000

/** Talks to a server; nothing it answers is believed unchecked. */
export function toolServer(options: {
  server: string
  token?: string | undefined
  signal?: AbortSignal | undefined
}): ToolServer {
  const { server, token, signal } = options
  if (!/^https?:/.test(server)) {
    throw new ZagiError('NO_REMOTE', `"${server}" is a folder and cannot look up tools`, {
      hint: 'Name a zagi server: zagi server URL',
    })
  }
  const request = async (path: string, body?: unknown): Promise<Response> => {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const init: RequestInit = { headers }
    if (body !== undefined) Object.assign(init, { method: 'POST', body: JSON.stringify(body) })
    if (signal !== undefined) init.signal = signal
    const response = await connect(server, path, init)
    if (!response.ok) throw await serverError(server, response)
    return response
  }
  return {
    async resolve(requests, system) {
      const answer = await json(server, await request('/v1/tools/resolve', { tools: requests, system }))
      return list(server, answer, 'tools', isResolvedTool)
    },
    async search(query, system) {
      const path = `/v1/tools/search?${new URLSearchParams({ q: query, system })}`
      return list(server, await json(server, await request(path)), 'tools', isFoundTool)
    },
    async realise({ name, version }, system, { onProgress }) {
      const response = await request('/v1/tools/realise', { name, version, system })
      for await (const event of lines(response)) {
        if (event['event'] === 'progress') {
          const { phase, done, total } = event
          const known = isCount(done) && isCount(total)
          const counts = known ? { done, total } : { done: 0, total: 0 }
          onProgress?.({ phase: plain(phase), ...counts, unit: 'steps' })
        } else if (event['event'] === 'error') {
          throw errorFrom(server, event['error'])
        } else if (event['event'] === 'done') {
          return servedTool(server, event['tool'])
        }
      }
      throw badAnswer(server)
    },
  }
}

async function connect(server: string, path: string, init: RequestInit): Promise<Response> {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), connectMs)
  const signals = init.signal ? [init.signal, timeout.signal] : [timeout.signal]
  try {
    return await fetch(server + path, { ...init, signal: AbortSignal.any(signals), redirect: 'error' })
  } catch (error) {
    if (init.signal?.aborted) throw new ZagiError('INTERRUPTED', 'Stopped')
    throw new ZagiError('SERVER_UNREACHABLE', `No answer from the server ${server}`, {
      hint: 'Check the address (zagi server) and that the server is running',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

// An answer of the server in one line: at most 16 MiB, which the largest closure stays far below.
const maximumLine = 16 * 2 ** 20

async function* lines(response: Response): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true })
    if (rest.length > maximumLine) throw badAnswer(response.url)
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end)
      rest = rest.slice(end + 1)
      if (line.trim() !== '') yield parseObject(response.url, line)
    }
  }
}

function parseObject(server: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // falls through
  }
  throw badAnswer(server)
}

async function json(server: string, response: Response): Promise<Record<string, unknown>> {
  return parseObject(server, await response.text())
}

async function serverError(server: string, response: Response): Promise<ZagiError> {
  const text = await response.text().catch(() => '')
  try {
    return errorFrom(server, parseObject(server, text)['error'])
  } catch {
    return new ZagiError('SERVER_FAILED', `The server ${server} answered with status ${response.status}`, {
      hint: 'Try again later, or look at the log of the server',
    })
  }
}

function errorFrom(server: string, value: unknown): ZagiError {
  if (typeof value !== 'object' || value === null) return badAnswer(server)
  const { code, message, hint } = value as Record<string, unknown>
  const known = isErrorCode(code) ? code : 'SERVER_FAILED'
  return new ZagiError(known, plain(message), typeof hint === 'string' ? { hint: plain(hint) } : {})
}

// Text of a server goes to a terminal: no control characters, bounded.
function plain(text: unknown): string {
  return (typeof text === 'string' ? text : 'The server said nothing')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ' ')
    .slice(0, 4000)
}

function badAnswer(server: string): ZagiError {
  return new ZagiError('BAD_ANSWER', `The server ${server} did not answer as a zagi server does`, {
    hint: 'Check the address with: zagi server, and that server and client are of like age',
  })
}

function list<T>(
  server: string,
  answer: Record<string, unknown>,
  key: string,
  is: (value: unknown) => value is T,
): T[] {
  const value = answer[key]
  if (!Array.isArray(value) || !value.every(is)) throw badAnswer(server)
  return value
}

const toolName = /^[a-z0-9][a-z0-9._+-]{0,63}$/i
const programName = /^[^/\0]{1,255}$/

function isName(value: unknown): value is string {
  return typeof value === 'string' && toolName.test(value) && !value.includes('..')
}

function isResolvedTool(value: unknown): value is ResolvedTool {
  const { request, name, version } = (value ?? {}) as Record<string, unknown>
  return typeof request === 'string' && isName(name) && isName(version)
}

function isFoundTool(value: unknown): value is FoundTool {
  const { name, versions, description } = (value ?? {}) as Record<string, unknown>
  return isName(name) && Array.isArray(versions) && versions.every(isName) && typeof description === 'string'
}

function servedTool(server: string, value: unknown): ServedTool {
  const tool = (value ?? {}) as Record<string, unknown>
  const { name, version, path, closure, holdings, files, bytes, bin } = tool
  const { id, size, chunked } = (closure ?? {}) as Record<string, unknown>
  const packs = (holdings as { packs?: unknown } | undefined)?.packs
  if (
    !isName(name) ||
    !isName(version) ||
    typeof path !== 'string' ||
    !isId(id) ||
    !isCount(size) ||
    typeof chunked !== 'boolean' ||
    !Array.isArray(packs) ||
    !packs.every(isHolding) ||
    !isCount(files) ||
    !isCount(bytes) ||
    !Array.isArray(bin) ||
    !bin.every((program) => typeof program === 'string' && programName.test(program) && !/^\.\.?$/.test(program))
  ) {
    throw badAnswer(server)
  }
  return {
    name,
    version,
    path,
    closure: { id, size, chunked },
    holdings: { packs },
    files,
    bytes,
    bin,
  }
}

function isHolding(value: unknown): value is Holdings['packs'][number] {
  const { id, frames } = (value ?? {}) as Record<string, unknown>
  return (
    isId(id) &&
    Array.isArray(frames) &&
    frames.every((run) => Array.isArray(run) && run.length === 2 && run.every(isCount))
  )
}
