import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoint, ensureFolder, explainSystemError, fsyncFolder, randomName, writeFully } from '../../base/index.ts'
import { type GitObject, type ObjectKind, objectId } from './git-object.ts'
import { encodeLoose, loosePath } from './loose-object.ts'
import type { ObjectDatabase } from './object-database.ts'
import { PackBuilder } from './pack-builder.ts'
import { writePack } from './write-pack.ts'

/** Up to so many objects are written loose; more of them become one pack, which takes two fsyncs instead of one each. */
const looseObjects = 32
const looseBytes = 4 * 1024 * 1024
/** A pack this large is written out and the next one begun, to bound memory. */
const packBytes = 64 * 1024 * 1024

/** Adds objects to a repository. They are durable, and visible to readers, after `finish`. */
export class ObjectWriter {
  readonly #database: ObjectDatabase
  readonly #pending = new Map<string, GitObject>()
  readonly #packed = new Set<string>()
  #bytes = 0
  #pack: PackBuilder | undefined

  constructor(database: ObjectDatabase) {
    this.#database = database
  }

  /** Adds an object, unless it is there already. Answers its id. */
  add(kind: ObjectKind, bytes: Buffer): string {
    const id = objectId(kind, bytes)
    if (this.holds(id)) return id
    this.#pending.set(id, { kind, bytes })
    this.#bytes += bytes.length
    if (this.#pending.size > looseObjects || this.#bytes > looseBytes) this.#spill()
    return id
  }

  /** Whether the object was added, or is in the repository. */
  holds(id: string): boolean {
    return this.#packed.has(id) || this.#pending.has(id) || this.#database.has(id)
  }

  /** Makes everything added so far durable. */
  finish(): void {
    if (this.#pack !== undefined) {
      this.#spill()
      this.#writePack()
    } else if (this.#pending.size > 0) {
      writeLoose(this.#database.folder, this.#pending)
      this.#pending.clear()
      this.#bytes = 0
    }
    this.#packed.clear()
  }

  #spill(): void {
    this.#pack ??= new PackBuilder()
    for (const [id, object] of this.#pending) {
      this.#pack.add(id, object.kind, object.bytes)
      this.#packed.add(id)
      if (this.#pack.length > packBytes) this.#writePack()
      this.#pack ??= new PackBuilder()
    }
    this.#pending.clear()
    this.#bytes = 0
  }

  #writePack(): void {
    if (this.#pack !== undefined && this.#pack.objects > 0) {
      writePack(this.#database.folder, this.#pack.finish())
      this.#database.refresh()
    }
    this.#pack = undefined
  }
}

function writeLoose(folder: string, objects: ReadonlyMap<string, GitObject>): void {
  const touched = new Set<string>()
  for (const [id, { kind, bytes }] of objects) {
    const path = join(folder, loosePath(id))
    const parent = dirname(path)
    if (!touched.has(parent) && !existsSync(parent)) {
      ensureFolder(parent)
      touched.add(folder)
    }
    const temporary = join(parent, `tmp_obj_${randomName()}`)
    try {
      const file = openSync(temporary, 'wx', 0o444)
      try {
        writeFully(file, encodeLoose(kind, bytes))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw explainSystemError(error, 'write', path)
    }
    touched.add(parent)
    crashPoint('git:object')
  }
  for (const parent of touched) fsyncFolder(parent)
}
