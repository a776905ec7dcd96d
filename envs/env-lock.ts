import { isSystemName, type SystemName } from '../base/index.ts'
import type { BlobRef } from '../store/index.ts'
import { checkedBlobRef, orderedBlobRef } from './blob-ref.ts'
import { CheckedJson } from './checked-json.ts'
import { isStoreName } from './store-name.ts'
import { isProgramName, isToolName, isToolVersion } from './tool-name.ts'

/** A tool as it was recorded for one system. */
export interface ToolSystem {
  closure: BlobRef
  /** Base name of the tool's own store path. */
  name: string
  files: number
  bytes: number
  /** Names of the programs in its `bin`, sorted. */
  bin: string[]
}

export interface ToolLock {
  /** What the user asked for: `node@22`. */
  request: string
  version: string
  systems: Partial<Record<SystemName, ToolSystem>>
}

/** `.zagi/lock/env.json`, see docs/formats/env-lock.md. */
export interface EnvLock {
  version: 1
  /** By tool name. */
  tools: Record<string, ToolLock>
}

const maximumLock = 4 * 1024 * 1024
const maximumTools = 1000
const maximumPrograms = 10_000

/** @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function parseEnvLock(bytes: Uint8Array): EnvLock {
  const root = CheckedJson.document(bytes, 'The file ".zagi/lock/env.json"', {
    version: 1,
    maximum: maximumLock,
    hint: 'If a merge left conflict marks in it, take one side with "git checkout --ours" or "--theirs"; else take it from an earlier commit',
  })
  const tools = root.at('tools').entries(maximumTools)
  return { version: 1, tools: Object.fromEntries(tools.map(([name, json]) => [name, checkedTool(name, json)])) }
}

function checkedTool(name: string, json: CheckedJson): ToolLock {
  if (!isToolName(name)) json.fail('this is not the name of a tool')
  const systems = json.at('systems').entries(16)
  return {
    request: json.at('request').text(/^[\x21-\x7e]{1,200}$/, 'a request like "node@22"'),
    version: json.at('version').matching(isToolVersion, 'a version'),
    systems: Object.fromEntries(
      systems.map(([system, value]) => {
        if (!isSystemName(system)) value.fail('this is not the name of a system')
        return [system, checkedSystem(value)]
      }),
    ),
  }
}

function checkedSystem(json: CheckedJson): ToolSystem {
  return {
    closure: checkedBlobRef(json.at('closure')),
    name: json.at('name').matching(isStoreName, 'the base name of a store path'),
    files: json.at('files').integer(0),
    bytes: json.at('bytes').integer(0),
    bin: json
      .at('bin')
      .items(maximumPrograms)
      .map((item) => item.matching(isProgramName, 'the name of a program')),
  }
}

/** Stable text: tools, systems and programs sorted, one value a line, so that Git merges it line by line. */
export function formatEnvLock(lock: EnvLock): string {
  const tools = sorted(lock.tools, ({ request, version, systems }) => ({
    request,
    version,
    systems: sorted(systems, ({ closure, name, files, bytes, bin }) => ({
      closure: orderedBlobRef(closure),
      name,
      files,
      bytes,
      bin: [...bin].sort(),
    })),
  }))
  return `${JSON.stringify({ version: 1, tools }, null, 2)}\n`
}

function sorted<T, R>(record: Record<string, T>, value: (value: T) => R): Record<string, R> {
  const names = Object.keys(record).sort()
  return Object.fromEntries(names.map((name) => [name, value(record[name]!)]))
}
