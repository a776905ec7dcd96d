import { posix } from 'node:path'
import type { StoreEntry } from './store-entry.ts'
import { storeFolder, storeNameOf } from './store-path.ts'

/** What a tool has in its `bin`. */
export interface ToolPrograms {
  /** Sorted names. */
  names: string[]
  /** Base name of the store path whose `bin` this path's `bin` is, where it is only a link there. */
  elsewhere: string | undefined
}

type Seen = { kind: 'folder' } | { kind: 'file'; executable: boolean } | { kind: 'link'; target: string }

const maximumLinks = 40

// Hidden ones are for the tool's own use (wrapped programs).
const programName = /^[^.\x00-\x1f\x7f][^\x00-\x1f\x7f]*$/

/** Collects what is needed to tell which programs a store path brings; links inside it are followed. */
export class ProgramCollector {
  readonly #seen = new Map<string, Seen>()

  add(entry: StoreEntry): void {
    if (entry.kind === 'folder') this.#seen.set(entry.path, { kind: 'folder' })
    else if (entry.kind === 'link') this.#seen.set(entry.path, { kind: 'link', target: entry.target })
    else if (entry.kind === 'file') this.#seen.set(entry.path, { kind: 'file', executable: entry.executable })
  }

  /** @param name base name of the store path itself */
  programs(name: string): ToolPrograms {
    const bin = this.#resolve('bin', name)
    if (bin === undefined) return { names: [], elsewhere: undefined }
    if (bin.startsWith('/')) {
      const other = storeNameOf(posix.dirname(bin))
      return { names: [], elsewhere: posix.basename(bin) === 'bin' ? other : undefined }
    }
    const names = [...this.#seen.keys()]
      .filter((path) => posix.dirname(path) === bin)
      .filter((path) => this.#isProgram(path, name))
      .map((path) => posix.basename(path))
      .filter((program) => programName.test(program))
    return { names: names.sort(), elsewhere: undefined }
  }

  #isProgram(path: string, name: string): boolean {
    const place = this.#resolve(path, name)
    if (place === undefined) return false
    // Of another store path: whoever made the link knows what it is.
    if (place.startsWith('/')) return true
    const seen = this.#seen.get(place)
    return seen?.kind === 'file' && seen.executable
  }

  /** Where a path ends up: a path in here, an absolute one outside, or undefined where there is nothing. */
  #resolve(start: string, name: string): string | undefined {
    const own = `${storeFolder}/${name}`
    let todo = start.split('/')
    let place = ''
    for (let links = 0; todo.length > 0; ) {
      const step = posix.join(place, todo.shift()!)
      if (step.startsWith('..')) return undefined
      const seen = step === '.' ? { kind: 'folder' as const } : this.#seen.get(step)
      if (seen === undefined) return undefined
      if (seen.kind !== 'link') {
        place = step === '.' ? '' : step
        continue
      }
      if (++links > maximumLinks) return undefined
      if (!seen.target.startsWith('/')) todo = [...seen.target.split('/'), ...todo]
      else if (seen.target === own || seen.target.startsWith(`${own}/`)) {
        place = ''
        todo = [...seen.target.slice(own.length).split('/').filter(Boolean), ...todo]
      } else return posix.join(seen.target, ...todo)
    }
    return place
  }
}
