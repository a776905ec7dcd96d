import { setImmediate } from 'node:timers/promises'
import { type LongOperation, throwIfInterrupted } from '../base/index.ts'

/** How long work may run before it lets signals and timers in, in milliseconds. */
const slice = 50

/**
 * Lets other work run now and then: call it in every round of a long loop. Answers at once while the slice lasts.
 * @throws ZagiError INTERRUPTED
 */
export function breather(operation: LongOperation | undefined): () => Promise<void> | undefined {
  let last = performance.now()
  return () => {
    if (performance.now() - last < slice) return undefined
    last = performance.now()
    return setImmediate().then(() => throwIfInterrupted(operation?.signal))
  }
}
