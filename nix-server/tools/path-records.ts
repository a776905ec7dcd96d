import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, readFileIfPresent, writeFileAtomic } from '../../base/index.ts'
import type { BlobRef, Store } from '../../store/index.ts'
import { encodeNixBase32 } from './nix-base32.ts'
import { type PathTree, referenceNames } from './path-tree.ts'
import type { StorePathInfo } from './store-path.ts'

/** What earlier reads came to, by NAR hash: so a store path that many tools need is read once. Losing it costs a read. */
export interface PathRecords {
  /** The stored form of a store path, where it was read before and the store still has it. */
  get(info: StorePathInfo): PathTree | undefined
  /** Call it only once the chunks are durable. */
  set(info: StorePathInfo, path: PathTree): void
}

/** Raised when the same bytes come to another stored form: what older readers wrote is then read anew. */
const reader = 1

/** @param folder one small JSON file a store path */
export function openPathRecords(folder: string, store: Store): PathRecords {
  ensureFolder(folder)
  const fileOf = (info: StorePathInfo) => join(folder, `${encodeNixBase32(info.narHash)}.json`)
  return {
    get(info) {
      const record = read(fileOf(info))
      if (record?.reader !== reader) return undefined
      // Equal bytes have equal references, but whether one of them is the path itself is in its name.
      if (JSON.stringify(record.names) !== JSON.stringify(referenceNames(info))) return undefined
      return store.has(record.path.tree) && store.has(record.path.tables.id) ? record.path : undefined
    },
    set(info, path) {
      writeFileAtomic(fileOf(info), `${JSON.stringify({ reader, names: referenceNames(info), path })}\n`)
    },
  }
}

/** Makes everything be read again: for a store that lost chunks. */
export function forgetPaths(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

interface PathRecord {
  reader: number
  names: string[]
  path: PathTree
}

// Our own file in our own folder: anything that does not look like one counts as absent.
function read(file: string): PathRecord | undefined {
  const bytes = readFileIfPresent(file)
  if (bytes === undefined) return undefined
  try {
    const record = JSON.parse(bytes.toString()) as PathRecord
    const { tree, tables, files, programs } = record.path
    const whole = typeof tree === 'string' && isBlobRef(tables) && Number.isSafeInteger(files)
    return whole && Array.isArray(programs.names) ? record : undefined
  } catch {
    return undefined
  }
}

function isBlobRef(value: Partial<BlobRef> | undefined): value is BlobRef {
  return typeof value?.id === 'string' && typeof value.size === 'number' && typeof value.chunked === 'boolean'
}
