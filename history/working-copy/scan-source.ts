import { join } from 'node:path'
import type { LongOperation } from '../../base/index.ts'
import { StatIndex } from '../../store/index.ts'
import { breather } from '../breathe.ts'
import { emptyTree } from '../git/git-object.ts'
import { decodeGitTree, type GitTreeEntry, mode } from '../git/git-tree.ts'
import type { ObjectDatabase } from '../git/object-database.ts'
import type { ObjectWriter } from '../git/object-writer.ts'
import { indexedStat } from './file-stat.ts'
import { readSource } from './read-source.ts'
import { filesOf, nameTrees, type SourceFile, type SourceFolder } from './source-tree.ts'
import type { TrackedFiles } from './tracked-files.ts'
import { type WalkOptions, walkSource } from './walk-source.ts'

export interface ScanOptions extends WalkOptions, LongOperation {
  objects: ObjectDatabase
  writer: ObjectWriter
  /** Where the stat index is kept. */
  indexFile: string
  /** The tree that was recorded last: what it holds is not written again. */
  base: string
}

// The kernel stamps files with a clock that ticks every 1 to 10 ms.
const clockTickMs = 20

/** The working copy as a Git tree. */
export interface Scan {
  tree: string
  /** In the order of Git's index. */
  files: SourceFile[]
  nested: string[]
  /** Seconds since 1970 at which the scan began: what was changed later may not be in it. */
  time: number
  /** Writes the stat index. Call it once the objects are durable: the index says that they are there. */
  remember(): void
}

/** Records the source files as blobs and trees. Files whose stat is known are not read. */
export async function scanSource(options: ScanOptions): Promise<Scan> {
  const { indexFile, tracked } = options
  const time = (Date.now() - clockTickMs) / 1000
  const index = StatIndex.read(indexFile)
  const { root, nested } = walkSource(options)
  const files = filesOf(root)
  const unknown = files.filter((file) => file.id === '' && !recall(file, index, tracked))
  const gone = new Set<SourceFile>()
  const breathe = breather(options)
  for (const [done, file] of unknown.entries()) {
    if (!record(options, file)) gone.add(file)
    options.onProgress?.({ phase: 'Reading source', done: done + 1, total: unknown.length, unit: 'files' })
    await breathe()
  }
  if (gone.size > 0) remove(root, gone)
  nameTrees(root)
  const lost: SourceFile[] = []
  writeTrees({ ...options, lost }, root, options.base)
  if (lost.length > 0) {
    for (const file of lost) record(options, file)
    nameTrees(root)
    writeTrees({ ...options, lost: [] }, root, options.base)
  }
  const kept = gone.size > 0 ? filesOf(root) : files
  const changed = unknown.length > 0 || index.size !== kept.filter((file) => file.stat !== undefined).length
  return {
    tree: root.entries.length === 0 ? emptyTree : root.id,
    files: kept,
    nested,
    time,
    remember() {
      if (changed) writeStatIndex(index, kept, indexFile)
    },
  }
}

/** Writes a stat index of files whose stats and objects are known. */
export function writeStatIndex(index: StatIndex, files: readonly SourceFile[], indexFile: string): void {
  for (const { path, stat, id } of files) {
    if (stat !== undefined) index.set(path, indexedStat(stat), Buffer.from(id, 'hex'))
  }
  index.write(indexFile)
}

function recall(file: SourceFile, index: StatIndex, tracked: TrackedFiles): boolean {
  if (file.stat === undefined) return true
  const known = index.get(file.path, indexedStat(file.stat))
  if (known !== undefined && known.length === 20) {
    file.id = Buffer.from(known.buffer, known.byteOffset, 20).toString('hex')
    return true
  }
  const entry = tracked.get(file.path)
  file.id = (entry && tracked.known(entry, file.stat)) ?? ''
  return file.id !== ''
}

function record(options: ScanOptions, file: SourceFile): boolean {
  const source = readSource(join(options.folder, file.path))
  if (source === undefined) return false
  file.stat = source.stat
  // Changed between file and link since the walk; the executable bit is as the walk decided, see core.fileMode.
  if ((source.mode === mode.link) !== (file.mode === mode.link)) file.mode = source.mode
  file.id = options.writer.add('blob', source.bytes)
  return true
}

function remove(folder: SourceFolder, gone: ReadonlySet<SourceFile>): void {
  for (const entry of folder.entries) if (entry.kind === 'folder') remove(entry, gone)
  folder.entries = folder.entries.filter((entry) =>
    entry.kind === 'file' ? !gone.has(entry) : entry.entries.length > 0,
  )
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
    else if (entry.stat !== undefined && before?.id !== entry.id && !writer.holds(entry.id)) lost.push(entry)
  }
}
