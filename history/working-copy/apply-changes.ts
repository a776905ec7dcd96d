import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  crashPoint,
  ensureFolder,
  errnoOf,
  explainSystemError,
  temporaryBeside,
  writeFully,
  ZagiError,
} from '../../base/index.ts'
import type { Context } from '../context.ts'
import { objectId } from '../git/git-object.ts'
import { mode } from '../git/git-tree.ts'
import { checkSafePath } from '../git/safe-path.ts'
import type { Leaf, LeafChange } from '../tree-diff.ts'
import { statOf } from './file-stat.ts'
import { readSource } from './read-source.ts'

/** Refuses changes that must not be written into a project. @throws ZagiError PATH_UNSAFE, NAME_NOT_UTF8 */
export function checkChanges(changes: readonly LeafChange[]): void {
  const files = new Set<string>()
  for (const { path, to } of changes) {
    if (to === undefined) continue
    checkSafePath(path)
    if (files.has(path)) throw twice(path)
    files.add(path)
    if (![mode.file, mode.executable, mode.link, mode.submodule].includes(to.mode)) {
      throw new ZagiError('PATH_UNSAFE', `The commit has "${path}" with the mode ${to.mode.toString(8)}`, {
        hint: 'Remove it from the history that it comes from',
      })
    }
  }
  for (const path of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (files.has(path.slice(0, end))) throw twice(path.slice(0, end))
    }
  }
}

// Of a tree that has a name twice, one could be a link and the other a folder to be written into.
function twice(path: string): ZagiError {
  return new ZagiError('PATH_UNSAFE', `The commit has "${path}" twice`, {
    hint: 'Remove one of them from the history that it comes from',
  })
}

/**
 * Paths where something is in the way that no snapshot has recorded: ignored files, and links in place of folders.
 */
export function findObstacles(context: Context, changes: readonly LeafChange[]): string[] {
  const removed = new Set(changes.flatMap(({ path, from }) => (from === undefined ? [] : [path])))
  return changes.flatMap(({ path, from, to }) => {
    if (to === undefined) return []
    const above = wayTo(context.folder, path)
    // What is in place of a folder is no obstacle if the same changes take it away.
    if (above.kind === 'blocked') return removed.has(above.by) ? [] : [path]
    return above.kind === 'real' && from === undefined && isOccupied(context, path, to) ? [path] : []
  })
}

/** What the folders are that lead to a path: all real ones, or absent from some on, or something else is in their place. */
type Way = { kind: 'real' } | { kind: 'absent' } | { kind: 'blocked'; by: string }

function wayTo(root: string, path: string): Way {
  for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
    const by = path.slice(0, end)
    const stat = statOf(`${root}/${by}`)
    if (stat === undefined) return { kind: 'absent' }
    if (!stat.isDirectory()) return { kind: 'blocked', by }
  }
  return { kind: 'real' }
}

function isOccupied({ folder }: Context, path: string, to: Leaf): boolean {
  const stat = statOf(join(folder, path))
  // A folder may still become empty by what is removed in it; if not, applying the change leaves it.
  if (stat === undefined || stat.isDirectory()) return false
  return !isLeaf(join(folder, path), to)
}

/** What {@link applyChanges} did. */
export interface Applied {
  done: LeafChange[]
  /** Paths that are neither as before nor as wanted: somebody edited them meanwhile, and they stay as they are. */
  kept: string[]
}

/**
 * Writes changes into the working folder, each file in one step. Doing it again after a kill ends in the same state.
 * Never writes through a link.
 */
export function applyChanges(context: Context, changes: readonly LeafChange[]): Applied {
  checkChanges(changes)
  ensureFolder(context.state.temporary)
  const applied: Applied = { done: [], kept: [] }
  const real = new Set<string>()
  const put = (change: LeafChange, done: boolean) => {
    if (done) applied.done.push(change)
    else applied.kept.push(change.path)
    crashPoint('working-copy:written')
  }
  // Removals first: a file may become a folder, or a folder a file.
  for (const change of changes) if (change.to === undefined) put(change, remove(context, change))
  for (const change of changes) if (change.to !== undefined) put(change, write(context, { ...change, real }))
  rmSync(context.state.temporary, { recursive: true, force: true })
  return applied
}

function remove({ folder }: Context, { path, from }: LeafChange): boolean {
  // Never through a link: what is behind it is not ours to remove.
  if (wayTo(folder, path).kind === 'blocked') return true
  const target = join(folder, path)
  const stat = statOf(target)
  if (from?.mode === mode.submodule) {
    if (stat?.isDirectory()) removeEmpty(folder, path)
    return true
  }
  if (stat !== undefined && !stat.isDirectory()) {
    if (from === undefined || !isLeaf(target, from)) return false
    try {
      unlinkSync(target)
    } catch (error) {
      throw explainSystemError(error, 'remove', target)
    }
  }
  if (path.includes('/')) removeEmpty(folder, dirname(path))
  return true
}

// Upwards, until a folder has something in it.
function removeEmpty(folder: string, path: string): void {
  for (let at = path; at !== '.'; at = dirname(at)) {
    try {
      rmdirSync(join(folder, at))
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'ENOENT') continue
      if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || errno === 'ENOTDIR' || errno === 'EBUSY') return
      throw explainSystemError(error, 'remove the folder', join(folder, at))
    }
  }
}

function write(context: Context, { path, from, to, real }: LeafChange & { real: Set<string> }): boolean {
  const target = join(context.folder, path)
  if (!makeFolders(context.folder, dirname(path), real)) return false
  const stat = statOf(target)
  if (to!.mode === mode.submodule) {
    if (stat === undefined) mkdirSync(target)
    return true
  }
  if (stat?.isDirectory()) {
    try {
      rmdirSync(target)
    } catch {
      return false
    }
  } else if (stat !== undefined) {
    if (isLeaf(target, to!)) return true
    if (from === undefined || !isLeaf(target, from)) return false
  }
  const bytes = context.objects.readAs('blob', to!.id)
  place(context, { target, bytes, leaf: to! })
  return true
}

// Every folder on the way must be a real one: a link could lead out of the project.
function makeFolders(root: string, path: string, real: Set<string>): boolean {
  if (path === '.' || real.has(path)) return true
  if (!makeFolders(root, dirname(path), real)) return false
  const folder = join(root, path)
  const stat = statOf(folder)
  if (stat !== undefined && !stat.isDirectory()) return false
  try {
    if (stat === undefined) mkdirSync(folder)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw explainSystemError(error, 'make the folder', folder)
  }
  real.add(path)
  return true
}

// The folder for temporary files is outside of what is recorded, so what a kill leaves there is never taken for source.
function place(context: Context, { target, bytes, leaf }: { target: string; bytes: Buffer; leaf: Leaf }): void {
  const temporary = join(context.state.temporary, 'file')
  try {
    create(temporary, bytes, leaf)
    try {
      renameSync(temporary, target)
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error
      const beside = temporaryBeside(target)
      rmSync(temporary)
      create(beside, bytes, leaf)
      renameSync(beside, target)
    }
  } catch (error) {
    throw explainSystemError(error, 'write', target)
  }
}

function create(path: string, bytes: Buffer, leaf: Leaf): void {
  if (leaf.mode === mode.link) {
    symlinkSync(bytes, path)
    return
  }
  const file = openSync(path, 'wx', leaf.mode === mode.executable ? 0o777 : 0o666)
  try {
    writeFully(file, bytes)
  } finally {
    closeSync(file)
  }
}

function isLeaf(path: string, leaf: Leaf): boolean {
  const source = readSource(path)
  return source !== undefined && source.mode === leaf.mode && objectId('blob', source.bytes) === leaf.id
}
