import { setImmediate as nextTurn } from 'node:timers/promises'
import { throwIfInterrupted } from '../base/index.ts'

/** How long the event loop may stand still, in milliseconds: signals and progress are only noticed between turns. */
const turn = 40

/**
 * Runs synchronous steps to their end, as fast as they go, but in turns.
 * @param onTurn is told the sum of what the steps yielded so far @throws ZagiError INTERRUPTED, and what the steps throw
 */
export async function inTurns<T>(
  steps: Generator<number, T>,
  signal: AbortSignal | undefined,
  onTurn?: (sum: number) => void,
): Promise<T> {
  let sum = 0
  let next = performance.now() + turn
  for (;;) {
    const step = steps.next()
    if (step.done) {
      onTurn?.(sum)
      return step.value
    }
    sum += step.value
    if (performance.now() < next) continue
    onTurn?.(sum)
    await nextTurn()
    throwIfInterrupted(signal)
    next = performance.now() + turn
  }
}
