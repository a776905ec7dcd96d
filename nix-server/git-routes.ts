import { ZagiError } from '../base/index.ts'
import { parseRefsDocument, type RefsDocument } from '../history/index.ts'
import { sendText } from './answers.ts'
import { param } from './exchange.ts'
import { parseObjectKey, refsKey } from './object-key.ts'
import { sendObject } from './object-routes.ts'
import type { Route } from './router.ts'
import type { Service } from './service.ts'

/**
 * The files of a bare repository as Git's dumb HTTP transport asks for them (gitprotocol-http, "Dumb Clients"),
 * made from the refs document. Only what the document names is there.
 */
export function gitRoutes(service: Service): Route[] {
  const files: Record<string, (document: RefsDocument) => string> = {
    HEAD: ({ head }) => `ref: ${head}\n`,
    'info/refs': ({ refs }) => lines(Object.entries(refs).sort(byName), ([name, commit]) => `${commit}\t${name}\n`),
    'objects/info/packs': ({ packs }) => `${lines(packs, ({ name }) => `P ${name}.pack\n`)}\n`,
  }
  return [
    {
      method: 'GET',
      pattern: '/:owner/:name.git/*file',
      access: 'read',
      async handle(exchange) {
        const repository = `${param(exchange, 'owner')}/${param(exchange, 'name')}`
        const file = param(exchange, 'file')
        if (/^objects\/pack\/pack-[0-9a-f]{40}\.(pack|idx)$/.test(file)) {
          return sendObject(service, exchange, parseObjectKey(`repos/${repository}/${file}`))
        }
        const make = Object.hasOwn(files, file) ? files[file] : undefined
        const document = await readRefs(service, repository)
        // Loose objects and alternates: Git asks for them and goes on to the packs.
        if (make === undefined) throw new ZagiError('KEY_NOT_FOUND', `There is no file "${file.slice(0, 200)}"`)
        sendText(exchange, make(document))
      },
    },
  ]
}

async function readRefs(service: Service, repository: string): Promise<RefsDocument> {
  const key = parseObjectKey(refsKey(repository)).key
  const found = await service.storage.getVersioned(key)
  if (found === undefined) throw new ZagiError('REPOSITORY_NOT_FOUND', `There is no repository "${repository}"`)
  return parseRefsDocument(found.bytes)
}

function lines<T>(items: T[], line: (item: T) => string): string {
  return items.map(line).join('')
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
