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

/** What is to become of which plan. */
export interface Placing {
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
  /** Makes the folders of all entries up to this one. */
  makeFolders(at: number): void
}

const batchFiles = 256
const batchBytes = 4 * 1024 * 1024

/** Puts files of a plan in place: in this thread while they are few, else in worker threads. */
export class RestoreWork {
  linked = 0
  copied = 0
  readonly #operation: LongOperation
  readonly #data: WorkerData
  #session: RestoreSession | undefined
  #team: WorkerTeam | undefined
  #done = 0
  #total = 0

  constructor(store: FileStore, operation: LongOperation) {
    this.#operation = operation
    this.#data = workerData(store, 'ignore')
  }

  /** Starts the threads early, while the work for them is still being found. */
  expect(files: number): void {
    if (!isLittleWork(files, 0)) this.#startTeam()
  }

  #startTeam(): WorkerTeam {
    this.#team ??= startTeam(this.#data, this.#operation.signal)
    return this.#team
  }

  /**
   * Takes files from the cache. The threads have their work when this returns.
   * @param entries in the order of the plan
   * @returns those that the cache does not have
   */
  async place(placing: Placing, entries: readonly number[]): Promise<number[]> {
    const missing: number[] = []
    await this.#run('place', placing, entries, cutBatches(placing.plan, entries, undefined), missing)
    return missing
  }

  /**
   * Writes files from the packs.
   * @param entries in the order of their chunks in the packs
   * @param frames which frame each one begins in: one frame's files stay with one thread
   */
  async write(placing: Placing, entries: readonly number[], frames: readonly number[]): Promise<void> {
    await this.#run('write', placing, entries, cutBatches(placing.plan, entries, frames), [])
  }

  async #run(
    stage: RestoreBatch['stage'],
    placing: Placing,
    entries: readonly number[],
    ends: number[],
    missing: number[],
  ): Promise<void> {
    this.#total += entries.length
    const bytes = entries.reduce((sum, at) => sum + placing.plan.storedSizes[at]!, 0)
    const isLittle = this.#team === undefined && isLittleWork(entries.length, stage === 'place' ? 0 : bytes)
    const answers: Promise<void>[] = []
    let start = 0
    for (const end of ends) {
      const batch = makeBatch(stage, placing, entries.slice(start, end))
      start = end
      placing.makeFolders(batch.entries.at(-1)!)
      if (isLittle) {
        throwIfInterrupted(this.#operation.signal)
        this.#session ??= new RestoreSession(this.#data)
        this.#apply(this.#session.restore(batch), placing, missing)
      } else {
        const size = batch.sizes.reduce((sum, size) => sum + size, 0)
        const weight = workWeight(batch.entries.length, stage === 'place' ? 0 : size)
        const job = this.#startTeam().submit({ kind: 'restore', batch }, { weight, ahead: stage === 'place' })
        answers.push(job.then(({ results }) => this.#apply(results, placing, missing)))
      }
    }
    await Promise.all(answers)
  }

  #apply(results: RestoreResults, { plan, diskModes }: Placing, missing: number[]): void {
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
    this.#operation.onProgress?.({ phase: 'Writing files', done: this.#done, total: this.#total, unit: 'files' })
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

function makeBatch(stage: RestoreBatch['stage'], placing: Placing, entries: number[]): RestoreBatch {
  const { plan, root, isTaken, isFresh, share } = placing
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
    fresh: entries.map((at) => isFresh[at] === 1),
    // Linking is one step by itself.
    replace: entries.map((at) => isTaken[at] === 1 || (stage === 'write' && isFresh[at] === 0)),
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
