import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoint, explaining } from '../base/index.ts'
import { EntryTable, flagChunked, flagRewritten, kindFile, kindTree } from './entry-table.ts'
import { FileWork } from './file-work.ts'
import { hashInto } from './hash.ts'
import { setPathTime } from './native-times.ts'
import { setMode } from './path-mode.ts'
import {
  type RestoreState,
  todoAdjust,
  todoCompare,
  todoForSame,
  todoMake,
  todoNothing,
  todoReplace,
} from './restore-state.ts'
import { lstatIfPresent } from './scan.ts'
import type { LocalStore } from './store.ts'
import { temporaryName } from './temporary-name.ts'
import type { RestoreOptions, Rewriter } from './types.ts'

/** A restore under way: what should be, how it is on disk, and where. */
export interface Restoring {
  store: LocalStore
  plan: EntryTable
  state: RestoreState
  /** The folder that is being restored, as the system names it. */
  root: string
  options: RestoreOptions
}

/** Notes what each link's stored form hashes to, and turns the targets into those of this place. */
export function localiseLinks(plan: EntryTable, rewrite: Rewriter | undefined): void {
  for (const [at, target] of plan.targets) {
    hashInto(Buffer.from(target), plan.ids, at * 32)
    if (rewrite !== undefined && plan.has(at, flagRewritten)) plan.targets.set(at, rewrite.linkFromStored(target))
    plan.sizes[at] = Buffer.byteLength(plan.targets.get(at)!)
  }
}

/** Reads the files that may have the right content, and settles what is to be done about them. */
export async function compareContents({ store, plan, state, root, options }: Restoring): Promise<void> {
  const found = new EntryTable()
  const entries: number[] = []
  const { signal, onProgress } = options
  const work = new FileWork(store, { table: found, folder: root, chunks: 'ignore', signal, onProgress })
  try {
    for (let at = 0; at < plan.count; at++) {
      if (state.todo[at] !== todoCompare || plan.has(at, flagRewritten)) continue
      const i = found.push(plan.paths[at]!, kindFile)
      found.sizes[i] = plan.sizes[at]!
      found.mtimes[i] = plan.mtimes[at]!
      found.inodes[i] = plan.inodes[at]!
      entries.push(at)
      work.add(i, false)
    }
    await work.finish()
    await work.end()
  } catch (error) {
    await work.abort(error)
    throw error
  }
  entries.forEach((at, i) => {
    const stat = lstatIfPresent(`${root}/${plan.paths[at]!}`)
    const isSame =
      found.kinds[i] === kindFile &&
      found.has(i, flagChunked) === plan.has(at, flagChunked) &&
      found.ids.compare(plan.ids, at * 32, at * 32 + 32, i * 32, i * 32 + 32) === 0
    const same = isSame && stat !== undefined && stat.ino === found.inodes[i]
    state.todo[at] = same ? todoForSame(plan, at, Number(stat.mode) & 0o7777, stat) : todoReplace
  })
}

/**
 * Makes the folders that are not there, open for their owner only: their modes come at the end.
 * @returns a function that makes all those up to an entry
 */
export function folderMaker({ plan, state, root }: Restoring): (at: number) => void {
  let next = 0
  return (last) => {
    for (; next <= last && next < plan.count; next++) {
      if (plan.kinds[next] !== kindTree || state.todo[next] !== todoMake) continue
      const path = `${root}/${plan.paths[next]!}`
      explaining('make the folder', path, () => mkdirSync(path, 0o700))
    }
  }
}

export function makeLinks({ plan, state, root }: Restoring): void {
  for (const [at, target] of plan.targets) {
    const todo = state.todo[at]
    const path = `${root}/${plan.paths[at]!}`
    const time = plan.mtimes[at]!
    if (todo === todoNothing) continue
    explaining('make the link', path, () => {
      if (todo === todoAdjust) {
        setPathTime(path, time)
      } else if (todo === todoMake) {
        symlinkSync(target, path)
        setPathTime(path, time)
      } else {
        inOneStep(path, (temporary) => {
          symlinkSync(target, temporary)
          setPathTime(temporary, time)
        })
      }
      plan.inodes[at] = lstatSync(path, { bigint: true }).ino
    })
    crashPoint('restore:entry')
  }
}

/** Sets mode and time of files whose content is right. */
export function adjustFiles({ plan, state, root }: Restoring): void {
  for (let at = 0; at < plan.count; at++) {
    if (state.todo[at] !== todoAdjust || plan.kinds[at] !== kindFile) continue
    const path = `${root}/${plan.paths[at]!}`
    explaining('write', path, () => {
      setMode(path, plan.modes[at]!)
      setPathTime(path, plan.mtimes[at]!)
    })
    state.diskModes[at] = plan.modes[at]!
  }
}

/** Writes the files whose content depends on this place. @returns how many were written */
export function writeRewritten({ store, plan, state, root, options }: Restoring): number {
  let written = 0
  for (let at = 0; at < plan.count; at++) {
    if (plan.kinds[at] !== kindFile || !plan.has(at, flagRewritten)) continue
    const path = `${root}/${plan.paths[at]!}`
    const ref = { id: plan.id(at), size: plan.storedSizes[at]!, chunked: plan.has(at, flagChunked) }
    const stored = store.readBlob(ref)
    const bytes = options.rewrite === undefined ? stored : options.rewrite.fromStored(stored)
    plan.sizes[at] = bytes.length
    if (state.todo[at] === todoCompare) state.todo[at] = compareBytes(plan, at, path, bytes)
    if (state.todo[at] === todoMake || state.todo[at] === todoReplace) {
      explaining('write', path, () => writeWhole(plan, at, path, bytes))
      state.diskModes[at] = plan.modes[at]!
      written++
    }
  }
  return written
}

function compareBytes(plan: EntryTable, at: number, path: string, bytes: Uint8Array): number {
  const stat = lstatIfPresent(path)
  if (stat === undefined || Number(stat.size) !== bytes.length) return todoReplace
  const isSame = explaining('read', path, () => readFileSync(path)).equals(bytes)
  return isSame ? todoForSame(plan, at, Number(stat.mode) & 0o7777, stat) : todoReplace
}

function writeWhole(plan: EntryTable, at: number, path: string, bytes: Uint8Array): void {
  inOneStep(path, (temporary) => {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 })
    setMode(temporary, plan.modes[at]!)
    setPathTime(temporary, plan.mtimes[at]!)
  })
  plan.inodes[at] = lstatSync(path, { bigint: true }).ino
  crashPoint('restore:entry')
}

function inOneStep(path: string, make: (temporary: string) => void): void {
  const temporary = join(dirname(path), temporaryName())
  try {
    make(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
