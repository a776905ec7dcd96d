import { type LongOperation, throwIfInterrupted } from '../base/index.ts'
import { type EntryTable, kindGone } from './entry-table.ts'
import { BatchBuilder, type FileResults, gone } from './file-batch.ts'
import { FileSession } from './file-session.ts'
import { type ChunkUse, type Ended, type FileStore, type WorkerData, workerData } from './worker-data.ts'
import { isLittleWork, startTeam, type WorkerTeam, workWeight } from './worker-team.ts'

/** What the results of a folder's files are put into, and what the operation is asked to do. */
export interface FileWorkOptions extends LongOperation {
  table: EntryTable
  /** The folder on disk. */
  folder: string
  chunks: ChunkUse
}

/** Reads the files of a folder: in this thread while they are few, else in worker threads. Fills in the table. */
export class FileWork {
  /** This thread's own part. */
  readonly session: FileSession
  readonly #options: FileWorkOptions
  readonly #data: WorkerData
  #builder = new BatchBuilder()
  /** Batches kept back until it is known whether threads are worth it. */
  #pending: BatchBuilder[] = []
  readonly #answers: Promise<void>[] = []
  #team: WorkerTeam | undefined
  #seen = { files: 0, bytes: 0, done: 0 }

  constructor(store: FileStore, options: FileWorkOptions) {
    this.#options = options
    this.#data = workerData(store, options.chunks)
    this.session = new FileSession(this.#data)
  }

  /** Takes on a file of the table. @param adopt link it into the cache */
  add(at: number, adopt: boolean): void {
    const { table, folder } = this.#options
    const { batch } = this.#builder
    batch.entries.push(at)
    batch.paths.push(`${folder}/${table.paths[at]!}`)
    batch.sizes.push(table.sizes[at]!)
    batch.mtimes.push(table.mtimes[at]!)
    batch.inodes.push(table.inodes[at]!)
    batch.adopt.push(adopt)
    this.#builder.bytes += table.sizes[at]!
    if (this.#builder.isFull) this.#nextBatch()
  }

  #nextBatch(): void {
    const { batch, bytes } = this.#builder
    if (batch.entries.length === 0) return
    this.#pending.push(this.#builder)
    this.#builder = new BatchBuilder()
    this.#seen.files += batch.entries.length
    this.#seen.bytes += bytes
    if (this.#team === undefined && isLittleWork(this.#seen.files, this.#seen.bytes)) return
    this.#team ??= startTeam(this.#data, this.#options.signal)
    for (const { batch, bytes } of this.#pending.splice(0)) {
      const answer = this.#team
        .submit({ kind: 'read', batch }, { weight: workWeight(batch.entries.length, bytes), ahead: true })
        .then(({ results }) => this.#apply(results))
      // Looked at in `finish`: until then a failure is not an unhandled one.
      answer.catch(() => {})
      this.#answers.push(answer)
    }
  }

  /** Waits until all files that were taken on are read. @throws ZagiError FILE_CHANGED, NOT_READABLE, DISK_FULL, … */
  async finish(): Promise<void> {
    this.#nextBatch()
    for (const { batch } of this.#pending.splice(0)) {
      throwIfInterrupted(this.#options.signal)
      this.#apply(this.session.read(batch))
    }
    await Promise.all(this.#answers)
  }

  #apply(results: FileResults): void {
    const { table, onProgress } = this.#options
    results.entries.forEach((at, i) => {
      const flags = results.flags[i]!
      if (flags === gone) {
        table.kinds[at] = kindGone
        return
      }
      table.setId(at, results.ids, i * 32)
      table.flags[at]! |= flags
      table.sizes[at] = results.sizes[i]!
      table.storedSizes[at] = results.sizes[i]!
      table.mtimes[at] = results.mtimes[i]!
      table.inodes[at] = results.inodes[i]!
      table.modes[at] = results.modes[i]!
    })
    this.#seen.done += results.entries.length
    onProgress?.({ phase: 'Reading files', done: this.#seen.done, total: this.#seen.files, unit: 'files' })
  }

  /** Makes durable what the threads stored, and ends them. */
  async end(): Promise<Ended[]> {
    const [own, others] = await Promise.all([this.session.end(), this.#team?.end()])
    return [own, ...(others ?? [])]
  }

  /** Gives up: ends the threads and removes what is not durable yet. */
  async abort(error: unknown): Promise<void> {
    this.session.abort()
    await this.#team?.stop(error instanceof Error ? error : new Error(String(error)))
  }
}
