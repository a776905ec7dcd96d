import { join } from 'node:path'
import { isZagiError, removeStaleTemporaries, ZagiError } from '../base/index.ts'
import { readBlob } from './blob-reader.ts'
import { ChunkIndex } from './chunk-index.ts'
import { ChunkReader } from './chunk-reader.ts'
import { writeId } from './id.ts'
import { listPacks, listSegments, readSegment, removeSegment, writeSegment } from './index-files.ts'
import { type Segment, segmentName } from './index-segment.ts'
import { useAddonFolder } from './native-addon.ts'
import { type FinishedPack, packPath } from './pack-file.ts'
import { readPackFileIndex } from './pack-footer.ts'
import { PackIndex } from './pack-index.ts'
import { reachable } from './reachable.ts'
import { storeStatistics } from './store-statistics.ts'
import { LocalWriter } from './store-writer.ts'
import { decodeTree } from './tree.ts'
import type { BlobRef, Id, Roots, Store, StoreOptions, StoreStatistics, StoreWriter, Tree } from './types.ts'

/** Opens the store in a folder, which need not exist yet: the first write makes it. */
export function openStore(folder: string, options: StoreOptions = {}): Store {
  return new LocalStore(folder, options)
}

/** What this folder's other files need to know of a store. */
export function localStore(store: Store): LocalStore {
  if (store instanceof LocalStore) return store
  throw new Error('Bug: not a local store')
}

// How often the list of segments is read again when others merge them at the same time.
const attempts = 20

export class LocalStore implements Store {
  readonly folder: string
  readonly link: 'auto' | 'copy'
  readonly packsFolder: string
  readonly #reader: ChunkReader
  readonly #id: Buffer = Buffer.alloc(32)

  constructor(folder: string, options: StoreOptions) {
    this.folder = folder
    this.link = options.link ?? 'auto'
    this.packsFolder = join(folder, 'packs')
    useAddonFolder(join(folder, 'addon'))
    this.#reader = new ChunkReader(this.packsFolder, new ChunkIndex([]))
    this.refresh()
  }

  /** Where the chunks are: a snapshot that stays as it is when others come. */
  get index(): ChunkIndex {
    return this.#reader.index
  }

  has(id: Id): boolean {
    writeId(id, this.#id, 0)
    return this.index.has(this.#id, 0)
  }

  read(id: Id): Uint8Array {
    writeId(id, this.#id, 0)
    let chunk = this.#reader.read(this.#id, 0)
    if (chunk === undefined) {
      this.refresh()
      chunk = this.#reader.read(this.#id, 0)
    }
    if (chunk !== undefined) return chunk
    throw new ZagiError('CHUNK_MISSING', `The chunk "${id}" is not in the store "${this.folder}"`, {
      hint: 'Fetch it from the remote: zagi pull',
    })
  }

  readBlob(ref: BlobRef): Uint8Array {
    return readBlob(this, ref)
  }

  readTree(id: Id): Tree {
    return decodeTree(this.read(id))
  }

  writer(): StoreWriter {
    this.reconcile()
    return new LocalWriter(this)
  }

  reachable(roots: Roots): Set<Id> {
    return reachable(this, roots)
  }

  stats(): StoreStatistics {
    return storeStatistics(this)
  }

  refresh(): void {
    let damaged = false
    for (let attempt = 0; attempt < attempts; attempt++) {
      const known = new Map(this.index.segments.map((segment) => [segmentName(segment), segment]))
      const names = listSegments(this.folder)
      if (names.length === known.size && names.every((name) => known.has(name))) break
      const segments: Segment[] = []
      let gone = false
      for (const name of names) {
        const segment = known.get(name) ?? this.#load(name)
        if (segment === 'damaged') damaged = true
        else if (segment === undefined) gone = true
        else segments.push(segment)
      }
      this.#reader.index = new ChunkIndex(segments)
      // What was merged away since the list was read is in a newer segment: read the list again.
      if (!gone) break
    }
    if (damaged || this.index.segments.length === 0) this.#indexPacks()
  }

  #load(name: string): Segment | 'damaged' | undefined {
    try {
      return readSegment(this.folder, name)
    } catch (error) {
      if (!isZagiError(error, 'INDEX_CORRUPT')) throw error
      try {
        removeSegment(this.folder, name)
      } catch {
        // Where the store cannot be written, the damaged file stays and is passed over each time.
      }
      return 'damaged'
    }
  }

  /**
   * Makes the index agree with the packs: indexes those that a killed process left, and forgets those that are gone, so
   * that nothing is left out of a new pack for being in a lost one.
   */
  reconcile(): void {
    this.refresh()
    removeStaleTemporaries(this.packsFolder)
    this.#indexPacks()
  }

  #indexPacks(): void {
    // The index was read before this list, so a pack that it names and that is not listed is really gone.
    const listed = new Set(listPacks(this.packsFolder))
    const known = this.index.packs()
    const lost = [...known].some((id) => !listed.has(id))
    const wanted = [...listed].filter((id) => lost || !known.has(id))
    const unknown = wanted.flatMap((id) => this.#readPackIndex(id) ?? [])
    if (!lost && unknown.length === 0) return
    const before = this.index.segments
    if (lost) this.#reader.index = new ChunkIndex([])
    try {
      this.#add(unknown)
      if (lost) for (const segment of before) removeSegment(this.folder, segmentName(segment))
    } catch (error) {
      // Good enough for reading; who wants to write hears of it then.
      if (!isZagiError(error, 'NOT_WRITABLE')) throw error
      this.#reader.index = this.index.with(unknown).index
    }
  }

  #readPackIndex(id: Id): PackIndex | undefined {
    try {
      return readPackFileIndex(packPath(this.packsFolder, id), id)
    } catch (error) {
      if (isZagiError(error, 'PACK_CORRUPT') || isZagiError(error, 'FILE_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Makes the chunks of durable packs visible, here and to other processes. */
  commit(packs: readonly FinishedPack[]): void {
    if (packs.length > 0) this.#add(packs.map((pack) => new PackIndex(pack.section, pack.id)))
  }

  // A kill in here leaves the new segment, and perhaps some that were merged into it: that is the same index.
  #add(packs: readonly PackIndex[]): void {
    const { index, added, merged } = this.index.with(packs)
    if (added === undefined) return
    const name = writeSegment(this.folder, added)
    this.#reader.index = index
    for (const segment of merged) {
      if (segmentName(segment) !== name) removeSegment(this.folder, segmentName(segment))
    }
  }

  close(): void {
    this.#reader.close()
  }
}
