import { type SystemName, ZagiError } from '../../base/index.ts'
import { nearestNames } from './nearest-names.ts'
import { nearestVersions, newestMatch } from './version-order.ts'

/** One version of a tool, as far as the catalog knows it. */
export interface CatalogEntry {
  name: string
  version: string
  /** Base name of its store path. */
  path: string
  /** What `nix build` makes it from; undefined where there is only the store path. */
  installable: string[] | undefined
}

/** A tool of the catalog, for searches. */
export interface CatalogTool {
  name: string
  /** Newest first. Beginnings of versions, where the exact ones need an evaluation first. */
  versions: string[]
  description: string
}

/** What tools there are. */
export interface Catalog {
  /** The newest version that matches. @throws ZagiError TOOL_UNKNOWN, VERSION_UNKNOWN, TOOL_FAILED */
  choose(name: string, version: string | undefined, system: SystemName): Promise<CatalogEntry>
  /** Exactly this version. @throws ZagiError TOOL_UNKNOWN, VERSION_UNKNOWN, TOOL_FAILED */
  find(name: string, version: string, system: SystemName): Promise<CatalogEntry>
  tools(system: SystemName): Promise<CatalogTool[]>
}

/** Chooses among versions that are all known. @throws ZagiError VERSION_UNKNOWN naming the nearest */
export function chooseVersion(name: string, versions: Iterable<string>, wanted: string | undefined): string {
  const all = [...versions]
  const found = newestMatch(all, wanted)
  if (found !== undefined) return found
  throw unknownVersion(name, all, wanted ?? '')
}

/** The error for a version that the catalog does not have; its hint names the nearest. */
export function unknownVersion(name: string, versions: string[], wanted: string): ZagiError {
  return new ZagiError('VERSION_UNKNOWN', `The catalog has no version "${wanted}" of "${name}"`, {
    hint: `Nearest: ${nearestVersions(versions, wanted, 3)
      .map((version) => `${name}@${version}`)
      .join(', ')}`,
  })
}

/** The error for a tool that the catalog does not have; its hint names those that were perhaps meant. */
export function unknownTool(name: string, names: Iterable<string>, system: SystemName): ZagiError {
  const near = nearestNames(names, name, 3)
  const hint = near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'zagi search WORD lists what there is'
  return new ZagiError('TOOL_UNKNOWN', `The catalog has no tool "${name}" for ${system}`, { hint })
}

/** Tools whose name or description has every word of the query; names that begin with it come first. */
export function searchTools(tools: CatalogTool[], query: string): CatalogTool[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (tool: CatalogTool) =>
    words.every((word) => tool.name.toLowerCase().includes(word) || tool.description.toLowerCase().includes(word))
  const rank = (tool: CatalogTool) => {
    const name = tool.name.toLowerCase()
    if (name === words[0]) return 0
    if (words[0] !== undefined && name.startsWith(words[0])) return 1
    return words[0] !== undefined && name.includes(words[0]) ? 2 : 3
  }
  return tools.filter(matches).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}
