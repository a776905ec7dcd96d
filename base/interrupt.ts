import { ZagiError } from './error.ts'

/** Throws INTERRUPTED once the signal was given. Call it between steps that may be left as they are. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ZagiError('INTERRUPTED', 'Stopped')
}
