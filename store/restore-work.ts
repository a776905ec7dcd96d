import { type LongOperation, throwIfInterrupted } from '../base/index.ts'
import { type EntryTable, flagChunked, flagLinked, flagSettled, flagShared } from './entry-table.ts'
import {
  outcomeCloned,
  outcomeKept,
  outcomeLinked,
  outcomeMissing,
  type RestoreBatch,
  type RestoreResults,
} from './restore-batch.ts'
import { RestoreSession } from './restore-session.ts'
import { type FileStore, type WorkerData, workerData } from './worker-data.ts'
import { isLittleWork, startTeam, type WorkerTeam, workWeight } from './worker-team.ts'

export interface RestoreWorkOptions extends LongOperation {
  plan: EntryTable
  /** The folder that is being restored. */
  root: string
  /** Per entry: 1 where something is at its place. */
  isTaken: Uint8Array
  /** Per entry: 1 where its folder was made just now, and nobody looks at it yet. */
  isFresh: Uint8Array
  /** Whether shared files may be linked to the cache. */
  share: boolean
  /** Filled in: permission bits on disk of what was put in place, by entry. */
  diskModes: Uint16Array
}

const batchFiles = 256
const batchBytes = 4 * 1024 * 1024

/** Puts files of a plan in place: in this thread while they are few, else in worker threads. */
export class RestoreWork {
  linked = 0
  copied = 0
  readonly #options: RestoreWorkOptions
  readonly #data: WorkerData
  #session: RestoreSession | undefined
  #team: WorkerTeam | undefined
  #done = 0
  #total = 0

  constructor(store: FileStore, options: RestoreWorkOptions) {
    this.#options = options
    this.#data = workerData(store, 'ignore')
  }

  /** Takes files from the cache. @returns those that it does not have */
  async place(entries: readonly number[]): Promise<number[]> {
    const missing: number[] = []
    this.#total += entries.length
    await this.#run('place', entries, cutBatches(this.#options.plan, entries, undefined), missing)
    return missing
  }

  /**
   * Writes files from the packs.
   * @param entries in the order of their chunks in the packs
   * @param frames which frame each one begins in: one frame's files stay with one thread
   */
  async write(entries: readonly number[], frames: readonly number[]): Promise<void> {
    this.#total += entries.length
    await this.#run('write', entries, cutBatches(this.#options.plan, entries, frames), [])
  }

  async #run(
    stage: RestoreBatch['stage'],
    entries: readonly number[],
    ends: number[],
    missing: number[],
  ): Promise<void> {
    const { plan, signal } = this.#options
    const bytes = entries.reduce((sum, at) => sum + plan.storedSizes[at]!, 0)
    const isLittle = this.#team === undefined && isLittleWork(entries.length, stage === 'place' ? 0 : bytes)
    const answers: Promise<void>[] = []
    let start = 0
    for (const end of ends) {
      const batch = this.#batch(stage, entries.slice(start, end))
      start = end
      if (isLittle) {
        throwIfInterrupted(signal)
        this.#session ??= new RestoreSession(this.#data)
        this.#apply(this.#session.restore(batch), missing)
      } else {
        this.#team ??= startTeam(this.#data, signal)
        const weight = workWeight(
          batch.entries.length,
          batch.sizes.reduce((sum, size) => sum + size, 0),
        )
        const job = this.#team.submit({ kind: 'restore', batch }, weight)
        answers.push(job.then(({ results }) => this.#apply(results, missing)))
      }
    }
    await Promise.all(answers)
  }

  #batch(stage: RestoreBatch['stage'], entries: number[]): RestoreBatch {
    const { plan, root, isTaken, isFresh, share } = this.#options
    const ids = Buffer.alloc(entries.length * 32)
    entries.forEach((at, i) => {
      plan.ids.copy(ids, i * 32, at * 32, at * 32 + 32)
    })
    return {
      stage,
      entries,
      ids,
      paths: entries.map((at) => `${root}/${plan.paths[at]!}`),
      sizes: entries.map((at) => plan.storedSizes[at]!),
      modes: entries.map((at) => plan.modes[at]!),
      mtimes: entries.map((at) => plan.mtimes[at]!),
      chunked: entries.map((at) => plan.has(at, flagChunked)),
      shared: entries.map((at) => share && plan.has(at, flagShared)),
      // Linking is one step by itself.
      replace: entries.map((at) => isTaken[at] === 1 || (stage === 'write' && isFresh[at] === 0)),
    }
  }

  #apply(results: RestoreResults, missing: number[]): void {
    const { plan, diskModes, onProgress } = this.#options
    results.entries.forEach((at, i) => {
      const outcome = results.outcomes[i]!
      if (outcome === outcomeMissing) {
        missing.push(at)
        this.#total--
        return
      }
      if (outcome === outcomeLinked || outcome === outcomeCloned) this.linked++
      else this.copied++
      if (outcome === outcomeLinked || outcome === outcomeKept) plan.flags[at]! |= flagLinked
      if (outcome === outcomeCloned) plan.flags[at]! |= flagSettled
      plan.inodes[at] = results.inodes[i]!
      diskModes[at] = results.modes[i]!
      this.#done++
    })
    onProgress?.({ phase: 'Writing files', done: this.#done, total: this.#total, unit: 'files' })
  }

  async end(): Promise<void> {
    this.#session?.close()
    await this.#team?.end()
  }

  async abort(error: unknown): Promise<void> {
    this.#session?.close()
    await this.#team?.stop(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Ends of the batches in a list of entries. */
function cutBatches(plan: EntryTable, entries: readonly number[], frames: readonly number[] | undefined): number[] {
  const ends: number[] = []
  let bytes = 0
  let start = 0
  entries.forEach((at, i) => {
    const isFull = bytes >= batchBytes || i - start >= batchFiles
    if (isFull && (frames === undefined || frames[i] !== frames[i - 1])) {
      ends.push(i)
      start = i
      bytes = 0
    }
    bytes += frames === undefined ? 0 : plan.storedSizes[at]!
  })
  if (entries.length > 0) ends.push(entries.length)
  return ends
}
