import type { OnProgress } from '../../base/index.ts'
import { plainLine } from './run-nix.ts'
import { plainName, storeNameOf } from './store-path.ts'

/** The kinds of activity and of result in Nix's internal JSON log that are looked at (its logging.hh). */
const activity = { copies: 103, builds: 104, build: 105, substitute: 108 } as const
const result = { logLine: 101, progress: 105 } as const

const maximumRunning = 1000
const keptLines = 20

interface Event {
  action?: unknown
  id?: unknown
  type?: unknown
  level?: unknown
  msg?: unknown
  fields?: unknown
}

/**
 * Turns what Nix writes with `--log-format internal-json` into plain words and counts, and keeps the last lines of the
 * log for an error message. Lines it does not understand are kept as they are.
 */
export class NixProgress {
  /** The last lines that are worth showing. */
  readonly log: string[] = []
  readonly #onProgress: OnProgress | undefined
  readonly #running = new Map<number, string>()
  readonly #groups = new Map<number, { done: number; expected: number }>()

  constructor(onProgress: OnProgress | undefined) {
    this.#onProgress = onProgress
  }

  line(line: string): void {
    const event = line.startsWith('@nix ') ? parse(line.slice(5)) : undefined
    if (event === undefined) this.#keep(line)
    else this.#event(event)
  }

  #event(event: Event): void {
    const id = Number(event.id)
    if (event.action === 'start') this.#start(id, event)
    else if (event.action === 'stop') {
      if (this.#running.delete(id)) this.#report()
    } else if (event.action === 'result') this.#result(id, event)
    else if (event.action === 'msg' && typeof event.msg === 'string' && Number(event.level) <= 3) {
      for (const text of event.msg.split('\n')) this.#keep(text)
    }
  }

  #start(id: number, event: Event): void {
    if (event.type === activity.copies || event.type === activity.builds) this.#group(id)
    const verb =
      event.type === activity.build ? 'Building' : event.type === activity.substitute ? 'Fetching' : undefined
    const path = Array.isArray(event.fields) ? event.fields[0] : undefined
    const name = storeNameOf(path)
    if (verb === undefined || name === undefined || this.#running.size >= maximumRunning) return
    this.#running.set(id, `${verb} ${plainName(name).replace(/\.drv$/, '')}`)
    this.#report()
  }

  #result(id: number, event: Event): void {
    const fields = Array.isArray(event.fields) ? event.fields : []
    if (event.type === result.logLine && typeof fields[0] === 'string') this.#keep(fields[0])
    const group = this.#groups.get(id)
    if (event.type !== result.progress || group === undefined) return
    const [done, expected] = [count(fields[0]), count(fields[1])]
    if (done === group.done && expected === group.expected) return
    Object.assign(group, { done, expected })
    this.#report()
  }

  #group(id: number): void {
    if (this.#groups.size < maximumRunning) this.#groups.set(id, { done: 0, expected: 0 })
  }

  #report(): void {
    let done = 0
    let total = 0
    for (const group of this.#groups.values()) {
      done += group.done
      total += Math.max(group.expected, group.done)
    }
    const phase = [...this.#running.values()].at(-1) ?? 'Preparing'
    this.#onProgress?.({ phase, done, total, unit: 'steps' })
  }

  #keep(line: string): void {
    const plain = plainLine(line)
    if (plain === '') return
    this.log.push(plain)
    if (this.log.length > keptLines) this.log.shift()
  }
}

function parse(text: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}
