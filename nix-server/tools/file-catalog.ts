import { statSync } from 'node:fs'
import { explaining, readFileIfPresent, type SystemName, ZagiError } from '../../base/index.ts'
import type { Catalog } from './catalog.ts'
import { readToolTable, type ToolTable, tableCatalog, tableForSystem } from './catalog-table.ts'

const maximumFile = 64 << 20

/**
 * A catalog that was written down: what `nix eval --json FLAKE#catalog` printed. It serves store paths from a binary
 * cache on a server without Nix. Read again when the file changes.
 */
export function fileCatalog(file: string, log: (line: string) => void): Catalog {
  let loaded: { stamp: string; value: unknown; tables: Map<SystemName, ToolTable> } | undefined
  return tableCatalog(async (system) => {
    const stat = explaining('read the catalog', file, () => statSync(file))
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}`
    if (loaded?.stamp !== stamp) loaded = { stamp, value: readJson(file), tables: new Map() }
    const table = loaded.tables.get(system) ?? readToolTable(tableForSystem(loaded.value, system), () => undefined, log)
    loaded.tables.set(system, table)
    return table
  })
}

function readJson(file: string): unknown {
  const bytes = readFileIfPresent(file)
  try {
    if (bytes !== undefined && bytes.length <= maximumFile) return JSON.parse(bytes.toString())
  } catch {
    // Told below.
  }
  throw new ZagiError('TOOL_FAILED', `The catalog "${file}" of the server cannot be read as JSON`, {
    hint: 'Write it with: nix eval --json FLAKE#catalog',
  })
}
