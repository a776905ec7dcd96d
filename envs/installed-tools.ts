import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, readFileIfPresent } from '../base/index.ts'
import { isStoreName } from './store-name.ts'
import { records } from './tool-slots.ts'

/** Every tool folder on this machine, with the full store name that it was made from. */
export function installedTools(tools: string): { folder: string; name: string }[] {
  const found: { folder: string; name: string }[] = []
  for (const slot of listRecords(tools)) {
    const folder = join(tools, slot)
    const name = recordedName(join(tools, records, slot))
    if (name !== undefined && lstatSync(folder, { throwIfNoEntry: false }) !== undefined) found.push({ folder, name })
  }
  return found
}

function listRecords(tools: string): string[] {
  try {
    return readdirSync(join(tools, records)).filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

function recordedName(record: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileIfPresent(record)?.toString() ?? 'null') ?? {}
    return isStoreName(name) ? name : undefined
  } catch {
    return undefined
  }
}
