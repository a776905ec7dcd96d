import { readdirSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { isZagiError, readFileIfPresent } from '../../base/index.ts'
import { corrupt, emptyTree, type GitObject, type ObjectKind, objectId } from './git-object.ts'
import { decodeLoose, loosePath } from './loose-object.ts'
import { PackFile, type RawEntry } from './pack-file.ts'
import { PackIndex } from './pack-index.ts'

interface Pack {
  index: PackIndex
  /** Opened when the first object is read. */
  file: PackFile | undefined
}

/** Where an object lies in a pack. */
export interface PackedAt {
  pack: PackFile
  index: PackIndex
  offset: number
}

/** How many objects folders `objects/info/alternates` may chain. */
const maximumAlternates = 5

/** All objects of a repository: loose, in packs, and in the objects folders it borrows from. */
export class ObjectDatabase {
  /** The repository's own `objects` folder. */
  readonly folder: string
  readonly #folders: string[]
  readonly #packs = new Map<string, Pack>()
  readonly #packFolderTimes = new Map<string, bigint>()
  readonly #reading = new Set<string>()
  #last: Pack | undefined

  constructor(folder: string) {
    this.folder = folder
    this.#folders = withAlternates(folder)
    this.refresh()
  }

  /** @throws ZagiError GIT_OBJECT_CORRUPT where it is missing or damaged */
  read(id: string): GitObject {
    const object = this.readIfPresent(id)
    if (object === undefined) throw corrupt(`The Git object "${id}" is missing`)
    return object
  }

  /** The bytes of an object that must be of this kind. @throws ZagiError GIT_OBJECT_CORRUPT */
  readAs(kind: ObjectKind, id: string): Buffer {
    const object = this.read(id)
    if (object.kind !== kind) throw corrupt(`The Git object "${id}" is a ${object.kind} where a ${kind} is expected`)
    return object.bytes
  }

  /** The object, verified; undefined where there is none. */
  readIfPresent(id: string): GitObject | undefined {
    const object = this.#readOnce(id) ?? (this.refresh() ? this.#readOnce(id) : undefined)
    if (object === undefined && id === emptyTree) return { kind: 'tree', bytes: Buffer.alloc(0) }
    if (object !== undefined && objectId(object.kind, object.bytes) !== id) {
      throw corrupt(`The Git object "${id}" is damaged: its bytes do not hash to its name`)
    }
    return object
  }

  has(id: string): boolean {
    return this.#hasOnce(id) || (this.refresh() && this.#hasOnce(id))
  }

  kind(id: string): ObjectKind | undefined {
    const packed = this.locate(id)
    if (packed === undefined) return this.#readLoose(id)?.kind
    return packed.pack.kind(packed.offset, (base) => this.#guarded(base, () => this.kind(base)))
  }

  /** Where an object is packed; undefined where it is loose or absent. */
  locate(id: string): PackedAt | undefined {
    const packs = this.#last === undefined ? this.#packs.values() : [this.#last, ...this.#packs.values()]
    for (const pack of packs) {
      const offset = pack.index.find(id)
      if (offset === undefined) continue
      pack.file ??= this.#open(pack.index)
      if (pack.file === undefined) continue
      this.#last = pack
      return { pack: pack.file, index: pack.index, offset }
    }
    return undefined
  }

  /** The entry of a packed object as it is stored. */
  readRaw(at: PackedAt): RawEntry {
    return at.pack.readRaw(at.offset)
  }

  /** Ids that start with `prefix` (four hex digits or more), in no order. */
  withPrefix(prefix: string): string[] {
    const found = new Set<string>()
    for (const pack of this.#packs.values()) for (const id of pack.index.withPrefix(prefix)) found.add(id)
    for (const folder of this.#folders) {
      for (const name of namesIn(join(folder, prefix.slice(0, 2)))) {
        const id = prefix.slice(0, 2) + name
        if (id.length === 40 && id.startsWith(prefix)) found.add(id)
      }
    }
    return [...found]
  }

  /** Looks for packs that appeared since. Answers whether there are any. */
  refresh(): boolean {
    let found = false
    for (const folder of this.#folders) {
      const packFolder = join(folder, 'pack')
      const time = statSync(packFolder, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n
      if (this.#packFolderTimes.get(packFolder) === time) continue
      this.#packFolderTimes.set(packFolder, time)
      for (const name of namesIn(packFolder)) {
        const path = join(packFolder, name)
        if (!name.startsWith('pack-') || !name.endsWith('.idx') || this.#packs.has(path)) continue
        this.#packs.set(path, { index: new PackIndex(path), file: undefined })
        found = true
      }
    }
    return found
  }

  /** Gives the open files back; objects can be read no more. */
  close(): void {
    for (const pack of this.#packs.values()) {
      pack.index.close()
      pack.file?.close()
    }
    this.#packs.clear()
    this.#last = undefined
  }

  #readOnce(id: string): GitObject | undefined {
    const packed = this.locate(id)
    if (packed === undefined) return this.#readLoose(id)
    return packed.pack.read(packed.offset, (base) => this.#guarded(base, () => this.read(base)))
  }

  // "git gc" may have replaced a pack since its index was read: its objects are in another pack then.
  #open(index: PackIndex): PackFile | undefined {
    try {
      return openPackOf(index)
    } catch (error) {
      if (!isZagiError(error, 'FILE_NOT_FOUND')) throw error
      this.#packs.delete(index.path)
      index.close()
      return undefined
    }
  }

  // A delta may name its base in a circle.
  #guarded<T>(base: string, read: () => T | undefined): T {
    if (this.#reading.has(base)) throw corrupt(`The Git object "${base}" is a delta on itself`)
    this.#reading.add(base)
    try {
      const found = read()
      if (found === undefined) throw corrupt(`The Git object "${base}" is missing`)
      return found
    } finally {
      this.#reading.delete(base)
    }
  }

  #readLoose(id: string): GitObject | undefined {
    for (const folder of this.#folders) {
      const file = readFileIfPresent(join(folder, loosePath(id)))
      if (file !== undefined) return decodeLoose(file, id)
    }
    return undefined
  }

  #hasOnce(id: string): boolean {
    for (const pack of this.#packs.values()) if (pack.index.find(id) !== undefined) return true
    const path = loosePath(id)
    return this.#folders.some((folder) => statSync(join(folder, path), { throwIfNoEntry: false }) !== undefined)
  }
}

function openPackOf(index: PackIndex): PackFile {
  const pack = new PackFile(index.path.replace(/\.idx$/, '.pack'))
  if (pack.count === index.count && pack.trailer.equals(index.packTrailer)) return pack
  pack.close()
  throw corrupt(`The pack index "${index.path}" does not belong to its pack`)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function withAlternates(first: string): string[] {
  const folders = [first]
  for (let i = 0; i < folders.length && i < maximumAlternates; i++) {
    const objects = folders[i]!
    const lines =
      readFileIfPresent(join(objects, 'info', 'alternates'))
        ?.toString('utf8')
        .split('\n') ?? []
    for (const line of lines) {
      if (line === '' || line.startsWith('#')) continue
      const folder = isAbsolute(line) ? line : join(dirname(join(objects, 'x')), line)
      if (!folders.includes(folder)) folders.push(folder)
    }
  }
  return folders
}
