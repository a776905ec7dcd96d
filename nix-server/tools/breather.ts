import { setImmediate } from 'node:timers/promises'
import { throwIfInterrupted } from '../../base/index.ts'

/** Longest time that other requests wait while a tool is read, as far as single steps allow. */
const sliceMs = 15

/**
 * Lets other work run when enough time has passed since it last could. Call it between steps of a long computation.
 * @throws ZagiError INTERRUPTED once the signal was given
 */
export function createBreather(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    throwIfInterrupted(signal)
    if (performance.now() - since < sliceMs) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
