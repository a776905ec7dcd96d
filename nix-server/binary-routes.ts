import { createReadStream } from 'node:fs'
import { isSystemName, ZagiError } from '../base/index.ts'
import { sendText } from './answers.ts'
import type { Binaries } from './binaries.ts'
import { param } from './exchange.ts'
import type { Route } from './router.ts'
import { sendContent } from './send-content.ts'

/** `/bin/zagi-<system>.gz` and its `.sha256`. */
export function binaryRoutes(options: { binaries: Binaries }): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/bin/:file',
      access: 'open',
      async handle(exchange) {
        const [, system, ending] = /^zagi-([a-z0-9-]+)\.gz(\.sha256)?$/.exec(param(exchange, 'file')) ?? []
        const found = isSystemName(system) ? await options.binaries.find(system) : undefined
        if (found === undefined) {
          throw new ZagiError('KEY_NOT_FOUND', `This server has no "${exchange.path.slice(0, 200)}"`)
        }
        if (ending !== undefined) {
          sendText(exchange, `${found.sha256}  zagi-${system}.gz\n`)
          return
        }
        await sendContent(exchange, {
          size: found.size,
          version: found.sha256,
          type: 'application/gzip',
          immutable: false,
          open: ({ start, length }) => createReadStream(found.file, { start, end: start + length - 1 }),
        })
      },
    },
  ]
}
