import type { LongOperation, OnProgress, Progress } from '../../base/index.ts'
import { ZagiError } from '../../base/index.ts'

/**
 * Work that several may wait for at once: the same key runs once, everyone hears the progress, and it is stopped when
 * nobody waits any longer.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()

  /** @throws ZagiError INTERRUPTED for a waiter whose signal was given; else what the work throws */
  async run(key: string, work: (operation: LongOperation) => Promise<T>, operation: LongOperation): Promise<T> {
    const running = this.#running.get(key) ?? this.#start(key, work)
    const waiter: OnProgress = (progress) => operation.onProgress?.(progress)
    running.waiters.add(waiter)
    if (running.last !== undefined) waiter(running.last)
    let onAbort: (() => void) | undefined
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(new ZagiError('INTERRUPTED', 'Stopped'))
      if (operation.signal?.aborted) onAbort()
      else operation.signal?.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([running.result, stopped])
    } finally {
      operation.signal?.removeEventListener('abort', onAbort!)
      running.waiters.delete(waiter)
      if (running.waiters.size === 0) {
        running.stop.abort()
        // A newcomer must not join what is being stopped.
        if (this.#running.get(key) === running) this.#running.delete(key)
      }
    }
  }

  /** Stops everything and waits until it has stopped. */
  async close(): Promise<void> {
    const all = [...this.#running.values()]
    for (const running of all) running.stop.abort()
    await Promise.allSettled(all.map((running) => running.result))
  }

  #start(key: string, work: (operation: LongOperation) => Promise<T>): Running<T> {
    const stop = new AbortController()
    const waiters = new Set<OnProgress>()
    const running: Running<T> = { stop, waiters, last: undefined, result: undefined as never }
    const onProgress = (progress: Progress) => {
      running.last = progress
      for (const waiter of waiters) waiter(progress)
    }
    running.result = work({ signal: stop.signal, onProgress }).finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    })
    // Those who wait hear of a failure; nobody may be left.
    running.result.catch(() => undefined)
    this.#running.set(key, running)
    return running
  }
}

interface Running<T> {
  stop: AbortController
  waiters: Set<OnProgress>
  last: Progress | undefined
  result: Promise<T>
}
