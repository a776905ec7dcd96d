import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoint, ensureFolder, errnoOf, explainSystemError, temporaryBeside, writeFully } from '../../base/index.ts'
import type { Context } from '../context.ts'
import { mode } from '../git/git-tree.ts'
import { removeEmptyFolders } from '../git/locked-file.ts'
import type { Leaf, LeafChange } from '../tree-diff.ts'
import { checkChanges, isLeaf, wayTo } from './check-changes.ts'
import { statOf } from './file-stat.ts'

/** What {@link applyChanges} did. */
export interface Applied {
  done: LeafChange[]
  /** Paths that are neither as before nor as wanted: somebody edited them meanwhile, and they stay as they are. */
  kept: string[]
}

/** Writes changes into the working folder, see {@link applySteps}. */
export function applyChanges(context: Context, changes: readonly LeafChange[]): Applied {
  const steps = applySteps(context, changes)
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/**
 * Writes changes into the working folder, a file each step. Doing it again after a kill ends in the same state. Never
 * writes through a link.
 */
export function* applySteps(context: Context, changes: readonly LeafChange[]): Generator<void, Applied> {
  checkChanges(changes)
  ensureFolder(context.state.temporary)
  const applied: Applied = { done: [], kept: [] }
  const real = new Set<string>()
  // Removals first: a file may become a folder, or a folder a file.
  const removals = changes.filter(({ to }) => to === undefined)
  for (const change of [...removals, ...changes.filter(({ to }) => to !== undefined)]) {
    const done = change.to === undefined ? remove(context, change) : write(context, { ...change, real })
    if (done) applied.done.push(change)
    else applied.kept.push(change.path)
    crashPoint('working-copy:written')
    yield
  }
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
      removeEmptyFolders(target)
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
