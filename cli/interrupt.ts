import { exitStatus } from '../base/index.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * A signal that the first Ctrl-C (or SIGTERM, SIGHUP) gives, so that work stops between two steps.
 * The second one ends the process at once, as `kill -9` would: what is on disk stays whole either way.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of signals) {
    process.on(name, () => {
      // While a command that zagi runs has the terminal, what Ctrl-C means is up to that command.
      const shared = process.listenerCount(name) > 1
      if (controller.signal.aborted && !shared) process.exit(exitStatus.interrupted)
      controller.abort()
    })
  }
  return controller.signal
}
