import { redact } from '../base/index.ts'

/** Writes one JSON object a line: `time` first, then what happened. Secrets are taken out of every text. */
export type ServerLog = (event: Record<string, string | number | boolean | undefined>) => void

const longestText = 2000

/** A log over the caller's `write`, which gets lines without a line feed. */
export function createServerLog(write: ((line: string) => void) | undefined): ServerLog {
  if (write === undefined) return () => {}
  return (event) => {
    const clean = Object.entries(event).map(([key, value]) => [
      key,
      typeof value === 'string' ? redact(value.slice(0, longestText)) : value,
    ])
    write(JSON.stringify({ time: new Date().toISOString(), ...Object.fromEntries(clean) }))
  }
}

/** An error with its stack and causes, for the log. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${errorText(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
