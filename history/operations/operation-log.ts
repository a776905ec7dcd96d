import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  crashPoint,
  ensureFolder,
  errnoOf,
  explaining,
  explainSystemError,
  fsyncFolder,
  readFileIfPresent,
  writeFileAtomic,
  ZagiError,
} from '../../base/index.ts'
import type { Graph } from '../graph.ts'
import type { Operation, View } from '../types.ts'
import { formatOperation, formatRefs, isStateId, parseOperation, parseRefs, stateId } from './operation-file.ts'

/** What a new operation says of itself; its id follows from it. */
export type NewOperation = Omit<Operation, 'id'>

/**
 * The operation log of a project, see docs/formats/operation-log.md. Operations are content-addressed files that never
 * change; the heads are empty files named after the newest ones. A new head is added before its parents are taken away,
 * so that any number of processes can add at once: what they leave behind is one head or several, never none.
 */
export class OperationLog implements Graph {
  readonly #folder: string
  readonly #operations = new Map<string, Operation>()
  readonly #refs = new Map<string, Record<string, string>>()

  /** @param folder `.zagi/state/ops` */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The newest operations: one, unless processes added some at the same time; none in a new project. */
  heads(): Operation[] {
    const heads = this.#headIds().map((id) => this.get(id))
    if (heads.length < 2) return heads
    // A kill may have come between adding a head and taking its parents away.
    const older = new Set(heads.flatMap((head) => head.parents))
    return heads.filter((head) => !older.has(head.id)).sort(oldestFirst)
  }

  isHead(id: string): boolean {
    return this.#headIds().includes(id)
  }

  /** @throws ZagiError STATE_CORRUPT */
  get(id: string): Operation {
    const known = this.#operations.get(id)
    if (known !== undefined) return known
    const { head, workingChange, refs, ...rest } = parseOperation(id, this.#read('operations', id))
    const view: View = { head, workingChange, refs: this.#refsOf(refs) }
    const operation: Operation = { id, ...rest, view }
    this.#operations.set(id, operation)
    return operation
  }

  parents(id: string): readonly string[] {
    return this.get(id).parents
  }

  time(id: string): number {
    return this.get(id).time
  }

  /** Writes an operation, which nobody sees until {@link addHead}. */
  write(operation: NewOperation): Operation {
    const { view, ...rest } = operation
    const { refs: table, ...position } = view
    const refs = this.#write('refs', formatRefs(table))
    const id = this.#write('operations', formatOperation({ ...rest, ...position, refs }))
    crashPoint('operation:written')
    const written = { ...operation, id }
    this.#operations.set(id, written)
    return written
  }

  /** Makes a written operation a head in place of its parents. */
  addHead(operation: Operation): void {
    const folder = join(this.#folder, 'heads')
    const path = join(folder, operation.id)
    ensureFolder(folder)
    explaining('write', path, () => {
      writeFileSync(path, '')
      fsyncFolder(folder)
    })
    crashPoint('operation:head-added')
    this.#removeHeads(operation.parents)
  }

  /** Takes away heads that a kill left behind. */
  tidy(heads: readonly Operation[]): void {
    const wanted = new Set(heads.map((head) => head.id))
    const stale = this.#headIds().filter((id) => !wanted.has(id))
    if (stale.length > 0 && wanted.size > 0) this.#removeHeads(stale)
  }

  #removeHeads(ids: readonly string[]): void {
    for (const id of ids) rmSync(join(this.#folder, 'heads', id), { force: true })
  }

  #headIds(): string[] {
    const folder = join(this.#folder, 'heads')
    try {
      const ids = readdirSync(folder).filter(isStateId)
      // A listing is no snapshot: between one head's removal and its successor's place in it, it may show none.
      return (ids.length > 0 ? ids : readdirSync(folder).filter(isStateId)).sort()
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw explainSystemError(error, 'read the folder', folder)
    }
  }

  #refsOf(id: string): Record<string, string> {
    let refs = this.#refs.get(id)
    if (refs === undefined) {
      refs = parseRefs(id, this.#read('refs', id))
      this.#refs.set(id, refs)
    }
    return refs
  }

  #read(kind: 'operations' | 'refs', id: string): Buffer {
    const bytes = readFileIfPresent(join(this.#folder, kind, id))
    if (bytes !== undefined) return bytes
    throw new ZagiError('STATE_CORRUPT', `The operation log lacks the file "${kind}/${id}"`, {
      hint: 'Remove ".zagi/state/ops" to begin a new operation log; commits, branches and files stay as they are',
    })
  }

  #write(kind: 'operations' | 'refs', text: string): string {
    const id = stateId(text)
    const folder = join(this.#folder, kind)
    const path = join(folder, id)
    if (readFileIfPresent(path)?.toString('utf8') === text) return id
    ensureFolder(folder)
    writeFileAtomic(path, text)
    return id
  }
}

function oldestFirst(a: Operation, b: Operation): number {
  return a.time - b.time || (a.id < b.id ? -1 : 1)
}
