import type { Progress } from '../base/index.ts'

/** Progress on its way to a client: not more often than it can use, not so seldom that the line seems dead. */
export interface ProgressStream {
  report(progress: Progress): void
  end(): void
}

// What comes faster is held back, the last of it not for long.
const eventMs = 100
// Where nothing comes for long, the last is said again: the silence of a long build must not look like a dead line.
const silenceMs = 15_000

/** Calls `say` with the newest report. */
export function createProgressStream(first: Progress, say: (progress: Progress) => void): ProgressStream {
  let newest = first
  let said = performance.now()
  let timer = setTimeout(speak, silenceMs)
  let held = false
  function speak(): void {
    clearTimeout(timer)
    held = false
    said = performance.now()
    say(newest)
    timer = setTimeout(speak, silenceMs)
  }
  return {
    report(progress) {
      newest = progress
      if (held) return
      held = true
      clearTimeout(timer)
      timer = setTimeout(speak, Math.max(0, eventMs - (performance.now() - said)))
    },
    end() {
      held = true
      clearTimeout(timer)
    },
  }
}
