import type { LongOperation, SystemName } from '../../base/index.ts'
import { type ClosurePath, encodeClosure } from '../../envs/index.ts'
import type { BlobRef, Store } from '../../store/index.ts'
import { formatNixSha256 } from './nix-hash.ts'
import type { PathRecords } from './path-records.ts'
import { type PathTree, referenceNames, writePathTree } from './path-tree.ts'
import { openPath, type RealisedClosure } from './realised-closure.ts'
import { plainName, type StorePathInfo } from './store-path.ts'

/** A closure in the store. */
export interface StoredClosure {
  /** Its record. */
  closure: BlobRef
  /** Totals of all its store paths. */
  files: number
  bytes: number
  /** Names of the programs in the tool's `bin`, sorted. */
  bin: string[]
  /** Store paths that had to be read; the others were known. */
  read: number
}

export interface ClosureToStoreOptions {
  closure: RealisedClosure
  /** Base name of the tool's own store path. */
  main: string
  system: SystemName
  store: Store
  records: PathRecords
}

/**
 * Writes the trees, the reference tables and the record of a closure into the store; store paths that were read before
 * are not read again. Nothing is kept of a closure that cannot be read to its end.
 * @throws ZagiError NAR_BAD, NAME_NOT_UTF8, FILE_TYPE, TOO_LARGE, INTERRUPTED
 */
export async function closureToStore(options: ClosureToStoreOptions, operation: LongOperation): Promise<StoredClosure> {
  const { closure, store, records } = options
  const paths = new Map<string, PathTree>()
  const fresh: StorePathInfo[] = []
  const writer = store.writer()
  let record: BlobRef
  try {
    for (const info of closure.infos) {
      const known = records.get(info)
      if (known === undefined) fresh.push(info)
      paths.set(info.name, known ?? (await readPath(closure, info, writer, operation)))
    }
    record = writer.addBlob(encodeRecord(options, paths))
  } catch (error) {
    writer.abort()
    throw error
  }
  operation.onProgress?.({ phase: `Writing ${plainName(options.main)}`, done: 0, total: 0, unit: 'chunks' })
  await writer.finish()
  for (const info of fresh) records.set(info, paths.get(info.name)!)

  let files = 0
  let bytes = 0
  for (const path of paths.values()) {
    files += path.files
    bytes += path.bytes
  }
  return { closure: record, files, bytes, bin: programsOf(options.main, paths), read: fresh.length }
}

async function readPath(
  closure: RealisedClosure,
  info: StorePathInfo,
  writer: ReturnType<Store['writer']>,
  operation: LongOperation,
): Promise<PathTree> {
  const open = await openPath(closure, info, operation)
  try {
    return await writePathTree(info, open.entries, writer, operation)
  } finally {
    open.close()
  }
}

function encodeRecord({ closure, main, system }: ClosureToStoreOptions, paths: Map<string, PathTree>): Uint8Array {
  const positions = new Map(closure.infos.map((info, at) => [info.name, at]))
  const position = (name: string): number => {
    const at = positions.get(name)
    if (at === undefined) throw new Error(`Bug: "${name}" is not in the closure that it was found in`)
    return at
  }
  const entries = closure.infos.map((info): ClosurePath => {
    const { kind, tree, tables, files, bytes } = paths.get(info.name)!
    return {
      name: info.name,
      narHash: formatNixSha256(info.narHash),
      narSize: info.narSize,
      kind,
      tree,
      // The names are sorted as the paths are, so these ascend.
      references: referenceNames(info).map(position),
      tables,
      files,
      bytes,
    }
  })
  return encodeClosure({ version: 1, system, storeFolder: '/nix/store', main: position(main), paths: entries })
}

/** The programs in a path's `bin`, also where that is a link to the `bin` of another path. */
function programsOf(main: string, paths: Map<string, PathTree>): string[] {
  const seen = new Set<string>()
  for (let name: string | undefined = main; name !== undefined && !seen.has(name); ) {
    seen.add(name)
    const programs: PathTree['programs'] | undefined = paths.get(name)?.programs
    if (programs?.elsewhere === undefined) return programs?.names ?? []
    name = programs.elsewhere
  }
  return []
}
