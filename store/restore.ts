import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { crashPoint, explaining, throwIfInterrupted, ZagiError } from '../base/index.ts'
import type { Place } from './chunk-index.ts'
import { type EntryTable, flagRewritten, flagShared, kindFile, kindTree } from './entry-table.ts'
import { isLinkable, LinkCache } from './link-cache.ts'
import { type Doomed, removeEntry } from './remove-entry.ts'
import { finishFolders, saveRestored } from './restore-finish.ts'
import { planRestore } from './restore-plan.ts'
import { emptyState, readState, todoAdjust, todoMake, todoNothing, todoReplace } from './restore-state.ts'
import {
  adjustFiles,
  compareContents,
  folderMaker,
  localiseLinks,
  makeLinks,
  type Restoring,
  writeRewritten,
} from './restore-steps.ts'
import { type Placing, RestoreWork } from './restore-work.ts'
import { lstatIfPresent, wantedFolders } from './scan.ts'
import { StatIndex } from './stat-index.ts'
import { type LocalStore, localStore } from './store.ts'
import type { BlobRef, Id, RestoreOptions, RestoreResult, Store } from './types.ts'

/**
 * Makes a folder as a snapshot says: content, modes, times, links. What is right already is left alone, every file and
 * link is replaced in one step, shared files are linked from the cache. Links in the target are never followed. Killed
 * anywhere and run again, it ends in the same state; before anything is touched it is sure that all chunks are here.
 * @throws ZagiError CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT, PATH_UNSAFE, NOT_WRITABLE, DISK_FULL, INTERRUPTED, …
 */
export async function restoreFolder(
  store: Store,
  snapshot: { root: Id; times: BlobRef },
  target: string,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const local = localStore(store)
  const work = new RestoreWork(local, options)
  try {
    return await restore(local, snapshot, target, options, work)
  } catch (error) {
    await work.abort(error)
    throw error
  }
}

async function restore(
  store: LocalStore,
  snapshot: { root: Id; times: BlobRef },
  target: string,
  options: RestoreOptions,
  work: RestoreWork,
): Promise<RestoreResult> {
  const isThere = statSync(target, { throwIfNoEntry: false }) !== undefined
  if (!isThere) work.expect(store.readTree(snapshot.root).files)
  const plan = planRestore(store, snapshot, options.only)
  localiseLinks(plan, options.rewrite)
  const index = options.statIndexFile === undefined ? new StatIndex() : StatIndex.read(options.statIndexFile)
  const cache = new LinkCache(store.folder, store.link)
  if (!isThere) checkChunks(store, plan, emptyState(plan).todo)
  const root = explaining('make the folder', target, () => {
    mkdirSync(target, { recursive: true })
    return realpathSync.native(target)
  })
  const state = isThere ? readState(plan, { root, index, cache, signal: options.signal }) : emptyState(plan)
  state.todo[0] = todoNothing
  const restoring: Restoring = { store, plan, state, root, options }
  if (isThere) {
    await compareContents(restoring)
    checkChunks(store, plan, state.todo)
  }
  throwIfInterrupted(options.signal)
  const result = await putInPlace(restoring, cache, work)
  finishFolders(restoring)
  crashPoint('restore:done')
  if (options.statIndexFile !== undefined) saveRestored(restoring, index, options.statIndexFile)
  return result
}

async function putInPlace(restoring: Restoring, cache: LinkCache, work: RestoreWork): Promise<RestoreResult> {
  const { store, plan, state, root, options } = restoring
  let removed = 0
  for (const entry of [...state.leftovers, ...state.obstacles]) removed += removeEntry(entry, { root })
  const makeFolders = folderMaker(restoring)
  const placing: Placing = {
    plan,
    root,
    isTaken: state.todo.map((todo) => (todo === todoReplace ? 1 : 0)),
    isFresh: freshEntries(plan, state.todo),
    share: cache.device !== undefined && cache.device === statSync(root, { bigint: true }).dev,
    diskModes: state.diskModes,
    makeFolders,
  }
  const { linkable, others } = wantedFiles(plan, state.todo, placing.share)
  const placed = work.place(placing, linkable)
  // A failure is heard where it is waited for.
  placed.catch(() => {})
  makeFolders(plan.count)
  makeLinks(restoring)
  adjustFiles(restoring)
  const rewritten = writeRewritten(restoring)
  const { entries, frames } = inPackOrder(store, plan, [...others, ...(await placed)])
  await work.write(placing, entries, frames)
  await work.end()
  if (options.extras === 'remove') {
    const extras = [...state.extras, ...wantedButAbsent(restoring)]
    for (const extra of extras) removed += removeEntry(extra, { root, keep: options.keep })
  }
  return { ...countFiles(plan, state.todo), linked: work.linked, copied: work.copied + rewritten, removed }
}

/** @throws ZagiError CHUNK_MISSING when the content of a file that is to be written is not in the store */
function checkChunks(store: LocalStore, plan: EntryTable, todo: Uint8Array): void {
  let isFresh = false
  for (let at = 0; at < plan.count; at++) {
    if (plan.kinds[at] !== kindFile || todo[at] === todoNothing || todo[at] === todoAdjust) continue
    if (store.index.has(plan.ids, at * 32)) continue
    if (!isFresh) store.refresh()
    isFresh = true
    if (store.index.has(plan.ids, at * 32)) continue
    throw new ZagiError('CHUNK_MISSING', `The content of "${plan.paths[at]!}" ("${plan.id(at)}") is not in the store`, {
      hint: 'Fetch it from the remote: zagi pull',
    })
  }
}

/** 1 for everything in folders that are not there yet. */
function freshEntries(plan: EntryTable, todo: Uint8Array): Uint8Array {
  const fresh = new Uint8Array(plan.count)
  for (let at = 1; at < plan.count; at++) {
    if (plan.kinds[at] !== kindTree || todo[at] !== todoMake) continue
    fresh.fill(1, at + 1, plan.ends[at]!)
    at = plan.ends[at]! - 1
  }
  return fresh
}

function wantedFiles(plan: EntryTable, todo: Uint8Array, share: boolean): { linkable: number[]; others: number[] } {
  const linkable: number[] = []
  const others: number[] = []
  for (let at = 0; at < plan.count; at++) {
    if (plan.kinds[at] !== kindFile || plan.has(at, flagRewritten)) continue
    if (todo[at] !== todoMake && todo[at] !== todoReplace) continue
    const canLink =
      share && plan.has(at, flagShared) && isLinkable(plan.modes[at]!, plan.storedSizes[at]!, plan.mtimes[at]!)
    if (canLink) linkable.push(at)
    else others.push(at)
  }
  return { linkable, others }
}

/** Sorts files by where their content begins, so that each frame is read and unfolded once. */
function inPackOrder(store: LocalStore, plan: EntryTable, files: number[]): { entries: number[]; frames: number[] } {
  const place: Partial<Place> = {}
  const located = files.map((at) => {
    if (!store.index.locate(plan.ids, at * 32, place)) return { at, frame: -1, offset: 0 }
    return { at, frame: place.segment.serial * 2 ** 32 + place.frame, offset: place.offset }
  })
  located.sort((a, b) => a.frame - b.frame || a.offset - b.offset)
  return { entries: located.map(({ at }) => at), frames: located.map(({ frame }) => frame) }
}

/** Folders that were asked for and that the snapshot does not have. */
function wantedButAbsent({ plan, root, options }: Restoring): Doomed[] {
  const wanted = options.only && wantedFolders(options.only)
  if (wanted === undefined) return []
  const planned = new Set(plan.paths)
  return wanted
    .filter((path) => !planned.has(path) && isReachable(root, path))
    .map((path) => ({ path, bytes: Buffer.from(path) }))
}

/** True when a path exists and no folder on the way to it is a link. */
function isReachable(root: string, path: string): boolean {
  const parts = path.split('/')
  const isFolder = (length: number) => lstatIfPresent(`${root}/${parts.slice(0, length).join('/')}`)?.isDirectory()
  for (let length = 1; length < parts.length; length++) if (!isFolder(length)) return false
  return lstatIfPresent(`${root}/${path}`) !== undefined
}

function countFiles(plan: EntryTable, todo: Uint8Array): { files: number; bytes: number; unchanged: number } {
  const counts = { files: 0, bytes: 0, unchanged: 0 }
  for (let at = 0; at < plan.count; at++) {
    if (plan.kinds[at] !== kindFile) continue
    counts.files++
    counts.bytes += plan.sizes[at]!
    if (todo[at] === todoNothing || todo[at] === todoAdjust) counts.unchanged++
  }
  return counts
}
