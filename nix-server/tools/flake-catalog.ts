import { createHash } from 'node:crypto'
import type { SystemName } from '../../base/index.ts'
import type { Catalog } from './catalog.ts'
import { readToolTable, type ToolTable, tableCatalog } from './catalog-table.ts'
import { type Nix, runNix } from './run-nix.ts'
import { nixSystem } from './tool-request.ts'

/** An evaluation of a large flake takes a minute; more is a fault. */
const evaluationMs = 600_000
/** How long a catalog is used without asking whether the flake has changed. */
const checkMs = 10_000

interface Loaded {
  /** What the flake was when it was evaluated. */
  stamp: string
  checked: number
  tables: Map<SystemName, ToolTable>
}

export interface FlakeCatalogOptions {
  nix: Nix
  /** As Nix names it: `path:/srv/tools`, `git+https://…`. */
  flake: string
  log(line: string): void
  /** Default 10 s. */
  checkMs?: number | undefined
}

/**
 * The `catalog` output of a flake, evaluated once per system and again when the flake changes. Where a changed flake does
 * not evaluate, what was there before stays, and the log says so.
 */
export function flakeCatalog({ nix, flake, log, checkMs: patience = checkMs }: FlakeCatalogOptions): Catalog {
  let loaded: Loaded | undefined
  let queue: Promise<unknown> = Promise.resolve()

  const load = async (system: SystemName): Promise<ToolTable> => {
    const now = performance.now()
    if (loaded === undefined || now - loaded.checked >= patience) {
      const stamp = await flakeStamp(nix, flake)
      if (loaded?.stamp === stamp) loaded.checked = now
      else {
        const table = await evaluate(system)
        loaded = { stamp, checked: now, tables: new Map([[system, table]]) }
      }
    }
    const table = loaded.tables.get(system) ?? (await evaluate(system))
    loaded.tables.set(system, table)
    return table
  }

  const evaluate = async (system: SystemName): Promise<ToolTable> => {
    const name = nixSystem(system)
    const args = ['eval', '--json', ...readOnly, `${flake}#catalog`, '--apply', `c: c."${name}" or { }`]
    const text = await runNix(nix, { args, limitMs: evaluationMs })
    return readToolTable(JSON.parse(text), (attribute) => [`${flake}#packages.${name}.${attribute}`], log)
  }

  return tableCatalog((system) => {
    const before = loaded?.tables.get(system)
    const next = queue.then(() => load(system))
    const kept = next.catch((error: unknown) => {
      if (before === undefined) throw error
      log(`catalog: kept as it was, the flake cannot be read: ${(error as Error).message}`)
      if (loaded !== undefined) loaded.checked = performance.now()
      return before
    })
    queue = kept.catch(() => undefined)
    return kept
  })
}

/** The operator's flake is read, never written to. */
const readOnly = ['--no-write-lock-file']

async function flakeStamp(nix: Nix, flake: string): Promise<string> {
  const args = ['flake', 'metadata', '--json', ...readOnly, flake]
  const text = await runNix(nix, { args, limitMs: evaluationMs })
  const { locked, locks } = JSON.parse(text) as { locked?: unknown; locks?: unknown }
  return createHash('sha256')
    .update(JSON.stringify([locked, locks]))
    .digest('hex')
}
