import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { embeddedText, isPackaged, ZagiError } from '../base/index.ts'
import { LinkCache } from './link-cache.ts'
import { unpackError } from './sent-error.ts'
import type { Ended, WorkerData, WorkerReply, WorkerRequest } from './worker-data.ts'

/** Requests with work for a thread: all but the last one. */
type TeamRequest = Exclude<WorkerRequest, { kind: 'end' }>
type TeamReply = Exclude<WorkerReply, { kind: 'end' } | { kind: 'error' }>

/** The answer to a kind of request has the same kind. */
type ReplyTo<K> = Extract<TeamReply, { kind: K }>

/** False where threads are worth their start. */
export function isLittleWork(files: number, bytes: number): boolean {
  return files <= 200 && bytes <= 4 * 1024 * 1024
}

/** What files cost a thread: opening, looking at and closing one as much as compressing 12 KiB. */
export function workWeight(files: number, bytes: number): number {
  return bytes + files * 12 * 1024
}

/** Starts a thread for each core, up to four; they stop when the signal is given. */
export function startTeam(data: WorkerData, signal: AbortSignal | undefined): WorkerTeam {
  // Found out once here rather than in each thread.
  const { sharing } = new LinkCache(data.storeFolder, data.sharing)
  return new WorkerTeam({ ...data, sharing }, { count: Math.min(4, availableParallelism()), signal })
}

interface Job {
  request: TeamRequest
  weight: number
  resolve(reply: TeamReply): void
  reject(error: Error): void
}

interface Member {
  worker: Worker
  jobs: Job[]
  weight: number
  ended: Promise<Ended>
}

/** Weight that a thread is given at once while the main thread is busy finding more work. */
const firstWeight = 64 * 1024 * 1024
/** Jobs that a thread has at least, so that it never waits for the main thread. */
const fewJobs = 2

/**
 * Worker threads that share out jobs. Whatever happens they end: after `end`, after the first failure, after `stop`.
 */
export class WorkerTeam {
  readonly #members: Member[]
  readonly #waiting: Job[] = []
  readonly #control: Int32Array
  readonly #signal: AbortSignal | undefined
  readonly #interrupt = () => {
    this.stop(new ZagiError('INTERRUPTED', 'Stopped'))
  }
  #failure: Error | undefined

  constructor(data: WorkerData, { count, signal }: { count: number; signal: AbortSignal | undefined }) {
    this.#control = new Int32Array(data.control)
    this.#members = Array.from({ length: count }, () => this.#start(data))
    this.#signal = signal
    signal?.addEventListener('abort', this.#interrupt)
  }

  #start(data: WorkerData): Member {
    const worker = isPackaged
      ? new Worker(embeddedText('store-worker.js'), { eval: true, workerData: data, execArgv: [] })
      : new Worker(new URL('./worker.ts', import.meta.url), { workerData: data, execArgv: [] })
    const { promise: ended, resolve, reject } = Promise.withResolvers<Ended>()
    // Who waits for jobs hears of a failure there; only `end` waits here.
    ended.catch(() => {})
    const member: Member = { worker, jobs: [], weight: 0, ended }
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'error') this.#fail(unpackError(reply.error))
      else if (reply.kind === 'end') resolve(reply.ended)
      else this.#done(member, reply)
    })
    worker.on('error', (error: Error) => this.#fail(error))
    worker.on('exit', () => {
      const error = this.#failure ?? new Error('Bug: a worker thread ended too early')
      // Without effect where it has answered.
      reject(error)
      if (member.jobs.length > 0) this.#fail(error)
    })
    return member
  }

  /**
   * Gives a job to a thread.
   * @param weight what it costs, in bytes read or so
   * @param ahead give it away now, because this thread may be too busy later on; else when a thread has little left to
   * do, which shares the work out more evenly
   */
  submit<K extends TeamRequest['kind']>(
    request: TeamRequest & { kind: K },
    { weight, ahead }: { weight: number; ahead: boolean },
  ): Promise<ReplyTo<K>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      // A thread answers in the order in which it was asked.
      const job: Job = { request, weight, resolve: resolve as (reply: TeamReply) => void, reject }
      const least = this.#members.reduce((a, b) => (b.weight < a.weight ? b : a))
      if (ahead ? least.weight < firstWeight : least.jobs.length < fewJobs) this.#post(least, job)
      else this.#waiting.push(job)
    })
  }

  #post(member: Member, job: Job): void {
    member.jobs.push(job)
    member.weight += job.weight
    member.worker.postMessage(job.request)
  }

  #done(member: Member, reply: TeamReply): void {
    const job = member.jobs.shift()
    if (job === undefined) return
    member.weight -= job.weight
    while (member.jobs.length < fewJobs) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#post(member, next)
    }
    job.resolve(reply)
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    Atomics.store(this.#control, 0, 1)
    for (const job of [...this.#members.flatMap((member) => member.jobs.splice(0)), ...this.#waiting.splice(0)]) {
      job.reject(error)
    }
    this.#askToEnd()
  }

  /** Ends the threads once they have done all jobs. @returns what each leaves behind */
  async end(): Promise<Ended[]> {
    this.#askToEnd()
    return Promise.all(this.#members.map((member) => member.ended))
  }

  /** Makes the threads give up: they clean up after themselves and end. Waits until they have. */
  async stop(reason: Error): Promise<void> {
    this.#fail(reason)
    await Promise.all(this.#members.map(({ worker }) => exited(worker)))
  }

  #askToEnd(): void {
    this.#signal?.removeEventListener('abort', this.#interrupt)
    for (const { worker } of this.#members) worker.postMessage({ kind: 'end' } satisfies WorkerRequest)
  }
}

// A thread looks at the control word before each piece it reads: it takes this long only where a system call hangs.
const patienceMs = 5000

async function exited(worker: Worker): Promise<void> {
  if (worker.threadId < 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  worker.once('exit', () => resolve())
  const timer = setTimeout(() => worker.terminate(), patienceMs)
  await promise
  clearTimeout(timer)
}
