import type { SystemName } from '../../base/index.ts'
import { isToolName } from '../../envs/index.ts'
import {
  type Catalog,
  type CatalogEntry,
  type CatalogTool,
  chooseVersion,
  unknownTool,
  unknownVersion,
} from './catalog.ts'
import { storeNameOf } from './store-path.ts'
import { isToolVersion, nixSystem } from './tool-request.ts'
import { compareVersions } from './version-order.ts'

interface TableTool {
  description: string
  versions: Map<string, CatalogEntry>
}

/** The tools of one system. */
export type ToolTable = Map<string, TableTool>

const maximumTools = 100_000
const maximumDescription = 200
const attributePath = /^[A-Za-z0-9_][A-Za-z0-9_'.+-]{0,199}$/

/**
 * Reads `{ <tool>: { <version>: { attr, out, description? } } }`. An entry that is not well-formed is left out and logged:
 * one slip must not take every other tool away.
 * @param installable what Nix builds an attribute path from
 */
export function readToolTable(
  value: unknown,
  installable: (attribute: string) => string[] | undefined,
  log: (line: string) => void,
): ToolTable {
  const table: ToolTable = new Map()
  for (const [name, versions] of Object.entries(asObject(value)).slice(0, maximumTools)) {
    if (!isToolName(name)) {
      log(`catalog: ${JSON.stringify(name)} is not a tool name`)
      continue
    }
    const tool: TableTool = { description: '', versions: new Map() }
    for (const [version, fields] of Object.entries(asObject(versions))) {
      const { attr, out, description } = asObject(fields)
      const path = storeNameOf(out)
      const attribute = typeof attr === 'string' && attributePath.test(attr) ? attr : undefined
      if (!isToolVersion(version) || path === undefined || (attr !== undefined && attribute === undefined)) {
        log(`catalog: the entry ${JSON.stringify(`${name}@${version}`)} is not well-formed`)
        continue
      }
      const build = attribute === undefined ? undefined : installable(attribute)
      tool.versions.set(version, { name, version, path, installable: build })
      if (typeof description === 'string') tool.description = plainDescription(description)
    }
    if (tool.versions.size > 0) table.set(name, tool)
  }
  return table
}

/** A catalog over tables that `load` brings up to date. */
export function tableCatalog(load: (system: SystemName) => Promise<ToolTable>): Catalog {
  const versionsOf = async (name: string, system: SystemName) => {
    const table = await load(system)
    const tool = table.get(name)
    if (tool === undefined) throw unknownTool(name, table.keys(), system)
    return tool.versions
  }
  return {
    async choose(name, version, system) {
      const versions = await versionsOf(name, system)
      return versions.get(chooseVersion(name, versions.keys(), version))!
    },
    async find(name, version, system) {
      const versions = await versionsOf(name, system)
      const entry = versions.get(version)
      if (entry === undefined) throw unknownVersion(name, [...versions.keys()], version)
      return entry
    },
    async tools(system): Promise<CatalogTool[]> {
      return [...(await load(system))].map(([name, { description, versions }]) => ({
        name,
        description,
        versions: [...versions.keys()].sort((a, b) => compareVersions(b, a)),
      }))
    },
  }
}

/** A one-line description without control characters. */
function plainDescription(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim()
    .slice(0, maximumDescription)
}

/** The part of a `catalog` output that is for one system; undefined where it has none. */
export function tableForSystem(catalog: unknown, system: SystemName): unknown {
  const systems = asObject(catalog)
  return Object.hasOwn(systems, nixSystem(system)) ? systems[nixSystem(system)] : undefined
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
