import type { LongOperation } from '../../base/index.ts'
import { type CacheOptions, type CachePlace, openBinaryCache } from './binary-cache.ts'
import { folderEntries } from './folder-entries.ts'
import { narEntries } from './nar-entries.ts'
import type { Narinfo } from './narinfo.ts'
import { SequentialFile } from './sequential-file.ts'
import type { StoreEntry } from './store-entry.ts'
import { type StorePathInfo, storeFolder } from './store-path.ts'

/** The closure of a tool, within reach. It is plain data, so that another thread can read it. */
export interface RealisedClosure {
  /** Sorted by name; what they refer to is all among them. Of a cache these are narinfos whose signatures were checked. */
  infos: StorePathInfo[]
  source: { kind: 'nix' } | { kind: 'cache'; options: CacheOptions; place: CachePlace }
}

/** One store path, ready to be walked through once. */
export interface OpenPath {
  entries: Iterable<StoreEntry>
  close(): void
}

/** Opens one path of a closure: in the Nix store, or as a NAR that is fetched now. @throws ZagiError NAR_BAD, … */
export async function openPath(
  { source }: RealisedClosure,
  info: StorePathInfo,
  operation: LongOperation,
): Promise<OpenPath> {
  if (source.kind === 'nix') {
    return { entries: folderEntries(`${storeFolder}/${info.name}`), close: () => undefined }
  }
  const nar = await openBinaryCache(source.options, source.place).fetch(info as Narinfo, operation)
  return { entries: narEntries(new SequentialFile(nar.file, nar.size), info.name), close: nar.close }
}

/** A closure that came from another thread: hashes arrive as plain bytes. */
export function receivedClosure({ infos, source }: RealisedClosure): RealisedClosure {
  return { infos: infos.map(withBuffers), source }
}

function withBuffers(info: StorePathInfo & Partial<Narinfo>): StorePathInfo {
  const narHash = Buffer.from(info.narHash)
  return info.fileHash === undefined
    ? { ...info, narHash }
    : ({ ...info, narHash, fileHash: Buffer.from(info.fileHash) } as Narinfo)
}
