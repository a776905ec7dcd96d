import { type BigIntStats, type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, explainSystemError, readFileIfPresent, ZagiError } from '../../base/index.ts'
import { mode } from '../git/git-tree.ts'
import { compareEntryNames } from '../git/name-order.ts'
import { isOwnPath, isSafeName } from '../git/safe-path.ts'
import type { WorkingCopyOptions } from '../types.ts'
import { modeOf, statOf } from './file-stat.ts'
import type { IgnoreRules } from './ignore-rules.ts'
import { insertFile, type SourceFile, type SourceFolder, sourceFolder } from './source-tree.ts'
import type { TrackedFiles } from './tracked-files.ts'

export interface WalkOptions {
  folder: string
  tracked: TrackedFiles
  rules: IgnoreRules
  isSource: WorkingCopyOptions['isSource']
  /** Gives a file its id and position, or its stat, by what is known of it. */
  identify(file: SourceFile, stat: BigIntStats): void
  /** core.fileMode: false where the file system does not know executable files. */
  fileModes: boolean
}

/** Which files are source, in Git's order; nothing is read yet. */
export interface Walked {
  root: SourceFolder
  /** Repositories of their own inside of the project. */
  nested: string[]
}

/**
 * Finds the source files: all that no rule ignores, and all that Git tracks. Never follows a symbolic link.
 * @throws ZagiError FILE_TYPE, NAME_NOT_UTF8, PATH_UNSAFE, NOT_READABLE
 */
export function walkSource(options: WalkOptions): Walked {
  const root = sourceFolder('')
  const walk: Walk = { ...options, nested: [], late: [] }
  walkFolder(walk, '', root, options.rules)
  for (const { path, mode, id, stage } of options.tracked.sparse()) {
    // What a sparse checkout left out is there all the same, unless somebody put a file in its place.
    if (stage === 0 && statOf(`${options.folder}/${path}`) === undefined)
      walk.late.push(fileWithoutStat(path, mode, id))
  }
  for (const file of walk.late) insertFile(root, file)
  return { root, nested: walk.nested }
}

interface Walk extends WalkOptions {
  nested: string[]
  /** Files in folders that are not walked. */
  late: SourceFile[]
}

function walkFolder(walk: Walk, path: string, into: SourceFolder, above: IgnoreRules): void {
  const entries = list(walk, path)
  let rules = above
  for (const entry of entries) {
    if (entry.name === '.gitignore' && entry.isFile()) {
      const text = readFileIfPresent(join(walk.folder, path, entry.name))
      if (text !== undefined) rules = rules.within(path, text.toString('utf8'))
    }
    if (entry.name === '.git' && path !== '' && !walk.tracked.hasFolder(path)) {
      walk.nested.push(path)
      return
    }
  }
  for (const entry of entries) {
    if (entry.name === '.git') continue
    const child = path === '' ? entry.name : `${path}/${entry.name}`
    if (!hasName(walk, child, { entry, rules })) continue
    if (entry.isDirectory()) walkEntryFolder(walk, child, into, rules)
    else walkEntryFile(walk, child, into, { entry, rules })
  }
}

function walkEntryFolder(walk: Walk, path: string, into: SourceFolder, rules: IgnoreRules): void {
  const { tracked, isSource } = walk
  // `.zagi/lock` may be a folder, but not a file.
  if (path.startsWith('.zagi/') && path !== '.zagi/lock' && isOwnPath(path)) return
  const has = tracked.hasFolder(path)
  if (!has && tracked.isSubmodule(path)) {
    into.entries.push(fileWithoutStat(path, mode.submodule, tracked.get(path)!.id))
    return
  }
  if (isIgnored(rules, path, true) || isSource?.(path, true) === false) {
    if (has) walkTracked(walk, path)
    return
  }
  if (!has) checkName(path)
  const folder = sourceFolder(baseName(path))
  walkFolder(walk, path, folder, rules)
  if (folder.entries.length > 0) into.entries.push(folder)
}

function walkEntryFile(
  walk: Walk,
  path: string,
  into: SourceFolder,
  { entry, rules }: { entry: Dirent; rules: IgnoreRules },
): void {
  if (!walk.tracked.has(path)) {
    if (isIgnored(rules, path, false) || walk.isSource?.(path, false) === false) return
    checkName(path)
  }
  const file = sourceFile(walk, path, entry)
  if (file !== undefined) into.entries.push(file)
}

// What names the parts of a commit belongs to it, also where the user ignores all that begins with a dot.
function isIgnored(rules: IgnoreRules, path: string, isFolder: boolean): boolean {
  return !/^\.zagi(?:\/lock(?:\/|$)|$)/.test(path) && rules.ignores(path, isFolder)
}

function sourceFile(walk: Walk, path: string, entry?: Dirent): SourceFile | undefined {
  const stat = statOf(`${walk.folder}/${path}`)
  const found = stat && modeOf(stat)
  if (found === mode.folder || stat === undefined) return undefined
  if (found === undefined) {
    throw new ZagiError('FILE_TYPE', `"${path}" is ${describe(entry)}, which cannot be recorded`, {
      hint: `Remove it, or add "/${path}" to .gitignore`,
    })
  }
  const file: SourceFile = {
    kind: 'file',
    name: baseName(path),
    path,
    mode: recordedMode(walk, path, found),
    id: unknownId,
    stat: undefined,
    position: -1,
  }
  walk.identify(file, stat)
  return file
}

const unknownId = new Uint8Array(0)

function fileWithoutStat(path: string, mode: number, id: Uint8Array): SourceFile {
  return { kind: 'file', name: baseName(path), path, mode, id, stat: undefined, position: -1 }
}

function recordedMode(walk: Walk, path: string, found: number): number {
  if (walk.fileModes || found === mode.link) return found
  return walk.tracked.get(path)?.mode === mode.executable ? mode.executable : mode.file
}

// Ignored, but Git tracks files in it: just these are looked at, and only through real folders.
function walkTracked(walk: Walk, folder: string): void {
  const real = new Map<string, boolean>([[folder, true]])
  const isReal = (path: string): boolean => {
    let known = real.get(path)
    if (known === undefined) {
      known = isReal(path.slice(0, path.lastIndexOf('/'))) && statOf(join(walk.folder, path))?.isDirectory() === true
      real.set(path, known)
    }
    return known
  }
  for (const { path, skipWorktree } of walk.tracked.below(folder)) {
    if (!path.split('/').every(isSafeName) || !isReal(path.slice(0, path.lastIndexOf('/')))) continue
    const file = skipWorktree ? undefined : sourceFile(walk, path)
    if (file !== undefined) walk.late.push(file)
  }
}

function list(walk: Walk, path: string): Dirent[] {
  const folder = join(walk.folder, path)
  try {
    // In the order in which Git and the stat index have them, so that looking them up is a step from one to the next.
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      compareEntryNames(a.name, a.isDirectory(), b.name, b.isDirectory()),
    )
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && path !== '') return []
    throw explainSystemError(error, 'read the folder', folder)
  }
}

// U+FFFD stands for bytes that are not UTF-8, but it may also be in the name itself.
function hasName(walk: Walk, path: string, { entry, rules }: { entry: Dirent; rules: IgnoreRules }): boolean {
  if (!entry.name.includes('\ufffd')) return true
  const names = readdirSync(join(walk.folder, path, '..'), { encoding: 'buffer' })
  if (names.some((name) => name.toString('utf8') === entry.name && isUtf8(name))) return true
  if (rules.ignores(path, entry.isDirectory()) || walk.isSource?.(path, entry.isDirectory()) === false) return false
  throw new ZagiError('NAME_NOT_UTF8', `The file name "${path}" is not UTF-8`, {
    hint: 'Rename the file, or add a pattern for it to .gitignore',
  })
}

function isUtf8(name: Buffer): boolean {
  return Buffer.from(name.toString('utf8'), 'utf8').equals(name)
}

// Only names like these need the closer look.
const suspicious = /^\.?g|[\\\u200c-\uffff]/i

function checkName(path: string): void {
  const name = baseName(path)
  if (!suspicious.test(name) || isSafeName(name)) return
  throw new ZagiError(
    'PATH_UNSAFE',
    `"${path}" is named like Git's own folder on some systems and cannot be recorded`,
    {
      hint: 'Rename it, or add a pattern for it to .gitignore',
    },
  )
}

function describe(entry: Dirent | undefined): string {
  if (entry?.isFIFO()) return 'a FIFO'
  if (entry?.isSocket()) return 'a socket'
  return 'a device'
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
