import { isUtf8 } from 'node:buffer'
import { type BigIntStats, chmodSync, readdirSync, readlinkSync } from 'node:fs'
import { explaining, throwIfInterrupted, ZagiError } from '../base/index.ts'
import {
  type EntryTable,
  flagChunked,
  flagLinked,
  flagRewritten,
  flagScaffold,
  flagSettled,
  flagShared,
  kindFile,
  kindLink,
  kindTree,
} from './entry-table.ts'
import { isKnownFile, knownFlags, knownIdOffset } from './known-entry.ts'
import { isLinkable, type LinkCache, sharedMode } from './link-cache.ts'
import type { Doomed } from './remove-entry.ts'
import { isReservedName } from './reserved-name.ts'
import { lstatIfPresent } from './scan.ts'
import type { StatIndex } from './stat-index.ts'
import { isTemporaryName } from './temporary-name.ts'

/** What is to be done about an entry of a plan: nothing, for one. */
export const todoNothing = 0
/** There is nothing at its place. */
export const todoMake = 1
/** Something is at its place that can be replaced in one step. */
export const todoReplace = 2
/** Only mode or time differ, and the inode is nobody else's. */
export const todoAdjust = 3
/** It may be what it should be: the content must be compared. */
export const todoCompare = 4

/** How a folder on disk differs from a plan. */
export interface RestoreState {
  /** A `todo` value per entry of the plan. */
  todo: Uint8Array
  /** Permission bits on disk of what is right already. */
  diskModes: Uint16Array
  /** What the plan does not have. */
  extras: Doomed[]
  /** What is at the place of something that cannot replace it in one step. */
  obstacles: Doomed[]
  /** Leftovers of a restore that was killed. */
  leftovers: Doomed[]
}

/**
 * Looks at the folder that is to become as the plan says. Fills in inodes, and `flagLinked` and `flagSettled`, of what is
 * right already. Folders of the plan that their owner may not read or write are opened: the end of the restore sets
 * their mode again. Links are not followed: a link in the place of a folder is an obstacle.
 */
export function readState(
  plan: EntryTable,
  context: { root: string; index: StatIndex; cache: LinkCache; signal?: AbortSignal | undefined },
): RestoreState {
  return new StateReader(plan, context).read()
}

/** The state where there is nothing at all. */
export function emptyState(plan: EntryTable): RestoreState {
  const todo = new Uint8Array(plan.count).fill(todoMake)
  return { todo, diskModes: new Uint16Array(plan.count), extras: [], obstacles: [], leftovers: [] }
}

class StateReader {
  readonly #plan: EntryTable
  readonly #context: Parameters<typeof readState>[1]
  readonly #state: RestoreState

  constructor(plan: EntryTable, context: Parameters<typeof readState>[1]) {
    this.#plan = plan
    this.#context = context
    this.#state = emptyState(plan)
  }

  read(): RestoreState {
    this.#openFolder(0)
    return this.#state
  }

  #openFolder(at: number): void {
    throwIfInterrupted(this.#context.signal)
    const plan = this.#plan
    const path = plan.paths[at]!
    const full = this.#full(at)
    this.#state.todo[at] = todoNothing
    const names = new Set(explaining('read the folder', full, () => readdirSync(full)))
    // Nearly all folders of a first restore end here: there is nothing to compare.
    if (names.size === 0) return
    const mangled = badNames(full, names)
    for (let child = at + 1; child < plan.ends[at]!; child = plan.ends[child]!) {
      const name = plan.name(child)
      if (!names.delete(name)) continue
      const stat = lstatIfPresent(this.#full(child))
      if (stat !== undefined) this.#compare(child, stat)
    }
    for (const bytes of mangled) names.delete(bytes.toString())
    const others = [...[...names].map((name) => Buffer.from(name)), ...mangled]
    for (const name of others) this.#addExtra(at, path, name)
  }

  #addExtra(folder: number, path: string, name: Buffer): void {
    const prefix = path === '' ? '' : `${path}/`
    const extra = { path: prefix + name.toString(), bytes: Buffer.concat([Buffer.from(prefix), name]) }
    if (isTemporaryName(name.toString())) this.#state.leftovers.push(extra)
    else if (isReservedName(this.#plan.name(folder), name.toString())) return
    else if (!this.#plan.has(folder, flagScaffold)) this.#state.extras.push(extra)
  }

  #compare(at: number, stat: BigIntStats): void {
    const plan = this.#plan
    const kind = plan.kinds[at]
    if (stat.isDirectory() !== (kind === kindTree)) {
      // A rename puts a file in the place of a file or link, but neither in that of a folder, nor the other way round.
      const path = plan.paths[at]!
      if (plan.has(at, flagScaffold)) throw notAFolder(this.#full(at))
      this.#state.obstacles.push({ path, bytes: Buffer.from(path) })
    } else if (kind === kindTree) {
      this.#openUp(at, stat)
      this.#openFolder(at)
    } else if (kind === kindFile && stat.isFile()) {
      this.#state.todo[at] = this.#compareFile(at, stat)
    } else if (kind === kindLink && stat.isSymbolicLink()) {
      this.#state.todo[at] = this.#compareLink(at, stat)
    } else {
      this.#state.todo[at] = todoReplace
    }
  }

  #openUp(at: number, stat: BigIntStats): void {
    const mode = Number(stat.mode) & 0o7777
    if ((mode & 0o700) === 0o700 || this.#plan.has(at, flagScaffold)) return
    const path = this.#full(at)
    explaining('write', path, () => chmodSync(path, mode | 0o700))
  }

  #compareLink(at: number, stat: BigIntStats): number {
    if (readlinkSync(this.#full(at)) !== this.#plan.targets.get(at)) return todoReplace
    this.#plan.inodes[at] = stat.ino
    return stat.mtimeNs === this.#plan.mtimes[at] ? todoNothing : todoAdjust
  }

  #compareFile(at: number, stat: BigIntStats): number {
    const plan = this.#plan
    const flags = plan.flags[at]!
    const mode = Number(stat.mode) & 0o7777
    plan.inodes[at] = stat.ino
    this.#state.diskModes[at] = mode
    // Their content on disk depends on more than their id.
    if ((flags & flagRewritten) !== 0) return todoCompare
    const content = this.#compareContent(at, stat)
    if (content !== todoNothing) return content
    return todoForSame(plan, at, mode, stat)
  }

  #compareContent(at: number, stat: BigIntStats): number {
    const plan = this.#plan
    const { index, cache } = this.#context
    const size = Number(stat.size)
    const position = index.find(plan.paths[at]!)
    if (position >= 0 && index.sameContent(position, { size, mtimeNs: stat.mtimeNs, inode: stat.ino })) {
      const value = index.valueAt(position)
      if (isKnownFile(value) && this.#isSameId(at, value)) {
        plan.flags[at]! |= knownFlags(value) & (stat.nlink > 1n ? flagLinked | flagSettled : flagSettled)
        return todoNothing
      }
    }
    if (size !== plan.storedSizes[at] || stat.mtimeNs !== plan.mtimes[at]) return todoReplace
    const key = { id: plan.id(at), mtimeNs: stat.mtimeNs, mode: plan.modes[at]!, size }
    const mayBeLinked = stat.nlink > 1n && plan.has(at, flagShared) && isLinkable(key.mode, size, key.mtimeNs)
    if (!mayBeLinked || !cache.holds(key, stat.ino)) return todoCompare
    plan.flags[at]! |= flagLinked
    return todoNothing
  }

  #isSameId(at: number, value: Buffer): boolean {
    const { ids, flags } = this.#plan
    const different = knownFlags(value) ^ flags[at]!
    return (
      (different & (flagChunked | flagRewritten)) === 0 &&
      ids.compare(value, knownIdOffset, knownIdOffset + 32, at * 32, at * 32 + 32) === 0
    )
  }

  #full(at: number): string {
    const path = this.#plan.paths[at]!
    return path === '' ? this.#context.root : `${this.#context.root}/${path}`
  }
}

/** What is to be done about a file with the right content. */
export function todoForSame(
  plan: EntryTable,
  at: number,
  mode: number,
  stat: { mtimeNs: bigint; nlink: bigint },
): number {
  const wanted = plan.modes[at]!
  const sameMode = plan.has(at, flagShared) ? sharedMode(mode) === sharedMode(wanted) : mode === wanted
  if (sameMode && stat.mtimeNs === plan.mtimes[at]) return todoNothing
  return stat.nlink === 1n ? todoAdjust : todoReplace
}

function notAFolder(path: string): ZagiError {
  return new ZagiError('PATH_UNSAFE', `"${path}" is a file or a link where a folder must be`, {
    hint: 'Nothing is written through links: put a folder there',
  })
}

/** Names that are not UTF-8: Node puts U+FFFD where it cannot read them. */
function badNames(folder: string, names: Set<string>): Buffer[] {
  if (![...names].some((name) => name.includes('\ufffd'))) return []
  return readdirSync(folder, { encoding: 'buffer' }).filter((name) => !isUtf8(name))
}
