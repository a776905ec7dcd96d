import { once } from 'node:events'
import { isSystemName, isZagiError, type Progress, type SystemName, ZagiError } from '../base/index.ts'
import { describeError, sendJson } from './answers.ts'
import type { Exchange } from './exchange.ts'
import { createLimiter } from './limiter.ts'
import { createProgressStream } from './progress-stream.ts'
import { readJsonBody } from './request-body.ts'
import type { Route } from './router.ts'
import { errorText } from './server-log.ts'
import type { Service } from './service.ts'
import type { ToolService } from './tools/index.ts'

const bodyLimit = 64 << 10
const mostTools = 100
const longestText = 200
const asksAtOnce = 4

/** What `zagi add` and `zagi search` ask for. */
export function toolRoutes(service: Service): Route[] {
  // Each may start an evaluation by Nix.
  const asking = createLimiter(asksAtOnce)
  return [
    {
      method: 'POST',
      pattern: '/v1/tools/resolve',
      access: 'read',
      async handle(exchange) {
        const body = await readObject(exchange)
        const { tools } = body
        if (!Array.isArray(tools) || tools.length > mostTools || !tools.every(isText)) {
          throw new ZagiError('USAGE', `"tools" must be a list of at most ${mostTools} names such as "node@22"`)
        }
        const system = systemOf(body['system'])
        const resolved = await asking(() => explained(service, (service) => service.resolve(tools, system)))
        sendJson(exchange, { tools: resolved })
      },
    },
    {
      method: 'POST',
      pattern: '/v1/tools/realise',
      // It makes the server build, download and store.
      access: 'write',
      async handle(exchange) {
        const body = await readObject(exchange)
        const { name, version } = body
        if (!isText(name) || !isText(version)) throw new ZagiError('USAGE', 'Say "name" and "version" of the tool')
        await realise(service, exchange, { name, version, system: systemOf(body['system']) })
      },
    },
    {
      method: 'GET',
      pattern: '/v1/tools/search',
      access: 'read',
      async handle(exchange) {
        const query = exchange.query.get('q') ?? ''
        if (query.length > longestText) throw new ZagiError('USAGE', 'The words to search for are too long')
        const system = systemOf(exchange.query.get('system'))
        const found = await asking(() => explained(service, (tools) => tools.search(query, system)))
        sendJson(exchange, { tools: found })
      },
    },
  ]
}

/** Streams progress, one JSON object a line, and at the end the tool or the error. */
async function realise(
  service: Service,
  exchange: Exchange,
  tool: { name: string; version: string; system: SystemName },
): Promise<void> {
  const { response, signal } = exchange
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' })
  // Who waits for a build sees at once that it was taken.
  response.flushHeaders()
  const say = (event: object) => response.write(`${JSON.stringify(event)}\n`)
  const first: Progress = { phase: `Looking for ${tool.name}`, done: 0, total: 0, unit: 'steps' }
  const progress = createProgressStream(first, (newest) => {
    // Who does not read gets no more: reports would pile up in memory.
    if (!response.writableNeedDrain) say({ event: 'progress', ...newest })
  })
  try {
    const operation = { signal, onProgress: progress.report }
    const realised = await explained(service, (tools) => tools.realise(tool, operation)).finally(progress.end)
    if (!say({ event: 'done', tool: realised })) await once(response, 'drain', { signal })
  } catch (error) {
    if (signal.aborted) throw error
    const { status, body } = describeError(error)
    service.log({
      event: 'error',
      path: exchange.path,
      tool: `${tool.name}@${tool.version}`,
      status,
      error: errorText(error),
    })
    say({ event: 'error', ...body })
  }
  response.end()
}

/** Runs `action`; where a binary cache elsewhere failed, it says so instead of taking the blame. */
async function explained<T>(service: Service, action: (tools: ToolService) => Promise<T>): Promise<T> {
  try {
    return await action(await service.tools())
  } catch (error) {
    if (!isZagiError(error, 'SERVER_FAILED') && !isZagiError(error, 'SERVER_UNREACHABLE')) throw error
    throw new ZagiError('TOOL_FAILED', error.message, { cause: error, hint: 'Try again later' })
  }
}

async function readObject(exchange: Exchange): Promise<Record<string, unknown>> {
  const body = await readJsonBody(exchange, bodyLimit)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new ZagiError('USAGE', 'The body of the request is not a JSON object')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longestText
}

function systemOf(value: unknown): SystemName {
  if (isSystemName(value)) return value
  throw new ZagiError('USAGE', 'Say "system": linux-x64, linux-arm64, darwin-arm64 or darwin-x64')
}
