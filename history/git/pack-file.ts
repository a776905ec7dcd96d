import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { explaining } from '../../base/index.ts'
import { applyDelta } from './delta.ts'
import { checkObjectSize, corrupt, type GitObject, type ObjectKind } from './git-object.ts'
import { deflatedBound, inflateExactly } from './inflate.ts'
import { type EntryHeader, maximumEntryHeader, readEntryHeader } from './pack-entry.ts'

/** Bytes that one read of a pack fetches at least: most objects are smaller. */
const usualRead = 4096
/** Git itself refuses to write longer chains of deltas. */
const maximumChain = 4095
/** Bytes of delta bases that are kept; then the cache starts over. */
const cacheLimit = 32 * 1024 * 1024

/** An entry as it lies in the pack: still compressed, a delta still a delta. */
export interface RawEntry extends EntryHeader {
  compressed: Buffer
  data: Buffer
}

/** Reads objects from one pack file. */
export class PackFile {
  readonly path: string
  readonly count: number
  readonly trailer: Buffer
  readonly #file: number
  readonly #size: number
  readonly #bases = new Map<number, GitObject>()
  #cached = 0

  /** @throws ZagiError GIT_OBJECT_CORRUPT */
  constructor(path: string) {
    this.path = path
    this.#file = explaining('open', path, () => openSync(path, 'r'))
    try {
      this.#size = fstatSync(this.#file).size
      const start = this.#size < 32 ? Buffer.alloc(12) : this.#read(0, 12)
      const version = start.readUInt32BE(4)
      if (start.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3)) {
        throw corrupt(`"${path}" is not a Git pack`)
      }
      this.count = start.readUInt32BE(8)
      this.trailer = this.#read(this.#size - 20, 20)
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /**
   * The object at a position.
   * @param baseById reads an object by name: the base of a delta that names it so
   */
  read(offset: number, baseById: (id: string) => GitObject): GitObject {
    const deltas: Buffer[] = []
    let at = offset
    let base: GitObject | undefined
    const path: number[] = []
    while (base === undefined) {
      base = this.#bases.get(at)
      if (base !== undefined) break
      const entry = this.readRaw(at)
      if (entry.kind !== undefined) base = this.#remember(at, { kind: entry.kind, bytes: entry.data })
      else {
        if (deltas.length >= maximumChain) this.#fail(`a chain of deltas is longer than ${maximumChain}`)
        deltas.push(entry.data)
        path.push(at)
        if (entry.baseId !== undefined) base = baseById(entry.baseId)
        else at = entry.baseOffset!
      }
    }
    for (let i = deltas.length - 1; i >= 0; i--) {
      const bytes = applyDelta(base.bytes, deltas[i]!, (why) => this.#fail(why))
      base = this.#remember(path[i]!, { kind: base.kind, bytes })
    }
    return base
  }

  /** The kind of the object at a position, without reading its content. */
  kind(offset: number, baseById: (id: string) => ObjectKind): ObjectKind {
    let at = offset
    for (let links = 0; links <= maximumChain; links++) {
      const known = this.#bases.get(at)
      if (known !== undefined) return known.kind
      const entry = this.#header(at, this.#window(at, maximumEntryHeader))
      if (entry.kind !== undefined) return entry.kind
      if (entry.baseId !== undefined) return baseById(entry.baseId)
      at = entry.baseOffset!
    }
    return this.#fail(`a chain of deltas is longer than ${maximumChain}`)
  }

  /** The entry at a position, inflated and checked for its size, with the compressed bytes too. */
  readRaw(offset: number): RawEntry {
    let window = this.#window(offset, usualRead)
    const entry = this.#header(offset, window)
    checkObjectSize(entry.size, `An object in "${this.path}"`)
    const bound = entry.length + deflatedBound(entry.size)
    if (window.length === usualRead && bound > usualRead) window = this.#window(offset, bound)
    for (;;) {
      const inflated = inflateExactly(window.subarray(entry.length), entry.size)
      if (inflated.data !== undefined) {
        return {
          ...entry,
          data: inflated.data,
          compressed: window.subarray(entry.length, entry.length + inflated.used),
        }
      }
      const all = this.#size - 20 - offset
      // An unusual encoder may need more than the bound: read on, up to eight times as much.
      if (!inflated.short || window.length >= all || window.length >= bound * 8) break
      window = this.#window(offset, window.length * 2)
    }
    return this.#fail(`the object at byte ${offset} cannot be inflated`)
  }

  close(): void {
    closeSync(this.#file)
  }

  #header(offset: number, window: Buffer): EntryHeader {
    return readEntryHeader(window, offset, (why) => this.#fail(why))
  }

  #remember(offset: number, object: GitObject): GitObject {
    if (object.bytes.length > cacheLimit / 16) return object
    this.#cached += object.bytes.length + 256
    if (this.#cached > cacheLimit) {
      this.#bases.clear()
      this.#cached = object.bytes.length
    }
    this.#bases.set(offset, object)
    return object
  }

  #window(offset: number, length: number): Buffer {
    const end = this.#size - 20
    if (offset < 12 || offset >= end) this.#fail(`its index points at byte ${offset} of ${this.#size}`)
    return this.#read(offset, Math.min(length, end - offset))
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    const got = readSync(this.#file, bytes, 0, length, position)
    return got === length ? bytes : this.#fail('it ends too early')
  }

  #fail(why: string): never {
    throw corrupt(`The Git pack "${this.path}" is damaged: ${why}`)
  }
}
