import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import type { LongOperation } from '../../base/index.ts'
import { type IndexedStat, StatIndex } from '../../store/index.ts'
import { breather } from '../breathe.ts'
import { emptyTree } from '../git/git-object.ts'
import { decodeGitTree, type GitTreeEntry, mode } from '../git/git-tree.ts'
import type { ObjectDatabase } from '../git/object-database.ts'
import type { ObjectWriter } from '../git/object-writer.ts'
import { gitStat, indexedStat, noGitStat, statOf } from './file-stat.ts'
import type { IndexedFile } from './git-index-file.ts'
import { readSource } from './read-source.ts'
import { filesOf, nameTrees, type SourceFile, type SourceFolder } from './source-tree.ts'
import type { TrackedFiles } from './tracked-files.ts'
import { type WalkOptions, walkSource } from './walk-source.ts'

export interface ScanOptions extends Omit<WalkOptions, 'identify'>, LongOperation {
  objects: ObjectDatabase
  writer: ObjectWriter
  /** Where the stat index is kept. */
  indexFile: string
  /** The tree that was recorded last: what it holds is not written again. */
  base: string
}

// The kernel stamps files with a clock that ticks every 1 to 10 ms.
const clockTickMs = 20

/** The source files after they were written to. */
export interface LaterFiles {
  /** Made before the files were looked at: it decides from when on a file's time can be believed. */
  pass: StatIndex
  files: readonly SourceFile[]
  /** The tree of all of them, where it is known. */
  tree: string | undefined
}

// The stat index also holds the tree of the whole under this name, which no file has: where every file is as it was, so is
// the tree, and need not be made again.
const rootPath = '.'
const rootStat: IndexedStat = { size: 0, mtimeNs: 0n, inode: 0n, mode: 0 }

/** The working copy as a Git tree. */
export interface Scan {
  tree: string
  /** In the order of Git's index. */
  files: SourceFile[]
  nested: string[]
  /** Seconds since 1970 at which the scan began: what was changed later may not be in it. */
  time: number
  /** What Git tracked before. */
  tracked: TrackedFiles
  /** A file for Git's index, with the stat that it had when it was recorded. */
  indexed(file: SourceFile): IndexedFile
  /**
   * Writes the stat index: of the scanned files, or of what became of them. Call it once the objects are durable, because
   * the index says that they are there.
   */
  remember(later?: LaterFiles): void
}

/** Records the source files as blobs and trees. Files whose stat is known are not read. */
export async function scanSource(options: ScanOptions): Promise<Scan> {
  const { indexFile, tracked } = options
  const time = (Date.now() - clockTickMs) / 1000
  const index = StatIndex.read(indexFile)
  const { root, nested } = walkSource({ ...options, identify: (file, stat) => recall({ file, stat, index, tracked }) })
  const files = filesOf(root)
  const unknown = files.filter((file) => file.id.length === 0)
  const gone = new Set<SourceFile>()
  const breathe = breather(options)
  for (const [done, file] of unknown.entries()) {
    if (!record(options, file)) gone.add(file)
    options.onProgress?.({ phase: 'Reading source', done: done + 1, total: unknown.length, unit: 'files' })
    await breathe()
  }
  if (gone.size > 0) remove(root, gone)
  const kept = gone.size > 0 ? filesOf(root) : files
  const before = knownTree(index, kept)
  // Submodules and what a sparse checkout leaves out are in the tree and not in the index.
  const whole = options.fileModes && kept.length === index.size - 1
  const tree = before !== undefined && whole && options.objects.has(before) ? before : writeRoot(options, root)
  return {
    tree,
    files: kept,
    nested,
    time,
    tracked,
    indexed: (file) => indexedFile({ file, index, tracked, folder: options.folder }),
    remember(later) {
      if (later !== undefined || tree !== before)
        writeStatIndex(index, later ?? { pass: index, files: kept, tree }, indexFile)
    },
  }
}

/** The tree that the index was written with, where it has just these files and all are as they were. */
function knownTree(index: StatIndex, files: readonly SourceFile[]): string | undefined {
  const position = index.find(rootPath)
  if (position < 0 || files.some((file) => file.stat !== undefined)) return undefined
  const indexed = files.filter((file) => file.position >= 0).length
  return indexed === index.size - 1 ? Buffer.from(index.valueAt(position)).toString('hex') : undefined
}

function writeStatIndex(known: StatIndex, { pass, files, tree }: LaterFiles, indexFile: string): void {
  if (tree !== undefined) pass.set(rootPath, rootStat, Buffer.from(tree, 'hex'))
  for (const { path, stat, id, position } of files) {
    if (stat !== undefined) pass.set(path, indexedStat(stat), id)
    else if (position >= 0) pass.set(path, known.statAt(position), id)
  }
  pass.write(indexFile)
}

interface IndexedFileOptions {
  file: SourceFile
  index: StatIndex
  tracked: TrackedFiles
  folder: string
}

function indexedFile({ file, index, tracked, folder }: IndexedFileOptions): IndexedFile {
  const { path, mode, id, stat, position } = file
  if (stat !== undefined) return { path, mode, id, known: indexedStat(stat), stat: () => gitStat(stat) }
  if (position < 0) return { path, mode, id, known: undefined, stat: () => tracked.get(path)?.stat ?? noGitStat }
  const now = (): Buffer => {
    const found = statOf(`${folder}/${path}`)
    return found !== undefined && index.matches(position, indexedStat(found)) ? gitStat(found) : noGitStat
  }
  return { path, mode, id, known: index.statAt(position), stat: now }
}

interface Recall {
  file: SourceFile
  stat: BigIntStats
  index: StatIndex
  tracked: TrackedFiles
}

// Keeps the stat only where it must be written down: many stats that live long are slow to clean up after.
function recall({ file, stat, index, tracked }: Recall): void {
  const position = index.find(file.path)
  if (position >= 0 && index.matches(position, indexedStat(stat))) {
    file.id = index.valueAt(position)
    file.position = position
  } else {
    file.stat = stat
    const known = tracked.known(file.path, stat)
    if (known !== undefined) file.id = known
  }
}

function record(options: ScanOptions, file: SourceFile): boolean {
  const source = readSource(join(options.folder, file.path))
  if (source === undefined) return false
  file.stat = source.stat
  // Changed between file and link since the walk; the executable bit is as the walk decided, see core.fileMode.
  if ((source.mode === mode.link) !== (file.mode === mode.link)) file.mode = source.mode
  file.position = -1
  file.id = Buffer.from(options.writer.add('blob', source.bytes), 'hex')
  return true
}

function remove(folder: SourceFolder, gone: ReadonlySet<SourceFile>): void {
  for (const entry of folder.entries) if (entry.kind === 'folder') remove(entry, gone)
  folder.entries = folder.entries.filter((entry) =>
    entry.kind === 'file' ? !gone.has(entry) : entry.entries.length > 0,
  )
}

function writeRoot(options: ScanOptions, root: SourceFolder): string {
  if (root.entries.length === 0) return emptyTree
  const lost: SourceFile[] = []
  nameTrees(root)
  writeTrees({ ...options, lost }, root, options.base)
  if (lost.length > 0) {
    const gone = new Set(lost.filter((file) => !record(options, file)))
    remove(root, gone)
    nameTrees(root)
    writeTrees({ ...options, lost: [] }, root, options.base)
  }
  return root.id
}

interface WriteTrees extends ScanOptions {
  /** Gets the files that an index knows but whose blobs are not in the repository (any more). */
  lost: SourceFile[]
}

// Only folders that differ from the recorded tree are looked up or written.
function writeTrees(options: WriteTrees, folder: SourceFolder, base: string | undefined): void {
  if (folder.id === base || folder.bytes === undefined) return
  const { objects, writer, lost } = options
  writer.add('tree', folder.bytes)
  const known = new Map<string, GitTreeEntry>()
  if (base !== undefined && base !== emptyTree) {
    for (const entry of decodeGitTree(objects.readAs('tree', base), base)) known.set(entry.name, entry)
  }
  for (const entry of folder.entries) {
    const before = known.get(entry.name)
    if (entry.kind === 'folder') writeTrees(options, entry, before?.mode === mode.folder ? before.id : undefined)
    else if (entry.mode !== mode.submodule) {
      const id = Buffer.from(entry.id).toString('hex')
      if (before?.id !== id && !writer.holds(id)) lost.push(entry)
    }
  }
}
