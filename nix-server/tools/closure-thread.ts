import { Worker } from 'node:worker_threads'
import {
  armedCrashPoint,
  type ErrorCode,
  embeddedText,
  isPackaged,
  type LongOperation,
  type Progress,
  type SystemName,
  throwIfInterrupted,
  ZagiError,
} from '../../base/index.ts'
import type { Store } from '../../store/index.ts'
import type { StoredClosure } from './closure-to-store.ts'
import type { RealisedClosure } from './realised-closure.ts'

/** What the thread is started with. */
export interface ClosureTask {
  closure: RealisedClosure
  main: string
  system: SystemName
  storeFolder: string
  recordsFolder: string
  crashPoint: string | undefined
}

export type ClosureReply =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'done'; result: StoredClosure }
  | { kind: 'error'; code: ErrorCode; message: string; hint: string | undefined }
  | { kind: 'bug'; message: string }

/** A thread that was told to stop looks at it between two files; it takes this long only where a system call hangs. */
const patienceMs = 10_000

/**
 * Reads a closure into the store in a thread of its own, so that the server keeps answering: hashing and compressing one
 * large program takes a second.
 * @throws what `closureToStore` throws
 */
export async function readClosureInThread(
  task: Omit<ClosureTask, 'storeFolder' | 'crashPoint'>,
  store: Store,
  operation: LongOperation,
): Promise<StoredClosure> {
  throwIfInterrupted(operation.signal)
  const data: ClosureTask = { ...task, storeFolder: store.folder, crashPoint: armedCrashPoint() }
  const worker = isPackaged
    ? new Worker(embeddedText('closure-worker.js'), { eval: true, workerData: data, execArgv: [] })
    : new Worker(new URL('./closure-worker.ts', import.meta.url), { workerData: data, execArgv: [] })
  let patience: NodeJS.Timeout | undefined
  const stop = () => {
    worker.postMessage('stop')
    patience = setTimeout(() => worker.terminate(), patienceMs)
  }
  operation.signal?.addEventListener('abort', stop, { once: true })
  try {
    const result = await new Promise<StoredClosure>((resolve, reject) => {
      worker.on('message', (reply: ClosureReply) => {
        if (reply.kind === 'progress') operation.onProgress?.(reply.progress)
        else if (reply.kind === 'done') resolve(reply.result)
        else if (reply.kind === 'bug') reject(new Error(reply.message))
        else reject(new ZagiError(reply.code, reply.message, reply.hint === undefined ? {} : { hint: reply.hint }))
      })
      worker.on('error', reject)
      worker.on('exit', () => {
        // Without effect where it has answered.
        reject(
          operation.signal?.aborted
            ? new ZagiError('INTERRUPTED', 'Stopped')
            : new Error('Bug: the thread ended too early'),
        )
      })
    })
    store.refresh()
    return result
  } finally {
    operation.signal?.removeEventListener('abort', stop)
    clearTimeout(patience)
  }
}
