import type { ChunkSink } from './content-adder.ts'
import {
  type EntryTable,
  flagChunked,
  flagKnown,
  flagRewritten,
  flagScaffold,
  flagShared,
  kindFile,
  kindGone,
  kindLink,
  kindTree,
} from './entry-table.ts'
import { hashInto } from './hash.ts'
import { sameAsKnown, takeKnownTree } from './known-entry.ts'
import { sharedMode } from './link-cache.ts'
import type { StatIndex } from './stat-index.ts'
import { encodeTree } from './tree.ts'
import type { Tree, TreeEntry } from './types.ts'

export interface TreeOptions {
  table: EntryTable
  index: StatIndex
  sink: ChunkSink
  /** Whether a tree that the stat index names may be taken over without being made again. */
  isThere(ids: Buffer, at: number): boolean
}

/**
 * Makes the trees of all folders, bottom up, and puts their ids into the table. A folder in which everything is as the
 * stat index says is not put together again.
 */
export function makeTrees({ table, index, sink, isThere }: TreeOptions): void {
  // 1 where an entry is as the stat index says.
  const same = new Uint8Array(table.count)
  const counts = new Uint32Array(table.count)
  for (let at = table.count - 1; at >= 0; at--) {
    if (table.kinds[at] === kindGone) continue
    if (table.kinds[at] === kindLink) hashTarget(table, at)
    const position = table.known[at]!
    if (table.kinds[at] === kindTree) {
      const isSame = position >= 0 && childrenAreSame(table, same, at)
      if (isSame && takeKnownTree(index.valueAt(position), table, at) && isThere(table.ids, at * 32)) {
        counts[at] = table.ends[at]! - at - 1
      } else {
        makeTree(table, counts, at, sink)
      }
    }
    if (position < 0 || !sameAsKnown(index.valueAt(position), table, at)) continue
    same[at] = treeMode(table, at, index.modeAt(position)) === treeMode(table, at, table.modes[at]!) ? 1 : 0
  }
}

function hashTarget(table: EntryTable, at: number): void {
  hashInto(Buffer.from(table.targets.get(at)!), table.ids, at * 32)
  table.flags[at]! |= flagKnown
}

// Positions that follow on one another say that nothing was added and nothing removed.
function childrenAreSame(table: EntryTable, same: Uint8Array, at: number): boolean {
  const shift = table.known[at]! - at
  for (let child = at + 1; child < table.ends[at]!; child = table.ends[child]!) {
    if (same[child] === 0 || table.known[child] !== child + shift) return false
  }
  return true
}

function makeTree(table: EntryTable, counts: Uint32Array, at: number, sink: ChunkSink): void {
  const tree: Tree = { entries: [], files: 0, bytes: 0, count: 0 }
  for (let child = at + 1; child < table.ends[at]!; child = table.ends[child]!) {
    const kind = table.kinds[child]
    if (kind === kindGone) continue
    tree.entries.push(treeEntry(table, child))
    tree.count += 1 + counts[child]!
    if (kind === kindFile) {
      tree.files++
      tree.bytes += table.storedSizes[child]!
    } else if (kind === kindTree) {
      tree.files += table.links[child]!
      tree.bytes += table.sizes[child]!
    }
  }
  counts[at] = tree.count
  table.links[at] = tree.files
  table.sizes[at] = tree.bytes
  const bytes = encodeTree(tree)
  hashInto(bytes, table.ids, at * 32)
  table.flags[at]! |= flagKnown
  sink.add(table.ids, at * 32, bytes, 'metadata')
}

/** An entry as the tree of its folder records it. */
export function treeEntry(table: EntryTable, at: number): TreeEntry {
  const kind = table.kinds[at]!
  const flags = table.flags[at]!
  return {
    name: table.name(at),
    kind: kind === kindFile ? 'file' : kind === kindLink ? 'link' : 'tree',
    mode: treeMode(table, at, table.modes[at]!),
    size: kind === kindTree ? 0 : table.storedSizes[at]!,
    id: kind === kindLink ? '' : table.id(at),
    chunked: (flags & flagChunked) !== 0,
    target: table.targets.get(at) ?? '',
    shared: (flags & flagShared) !== 0,
    rewritten: (flags & flagRewritten) !== 0,
  }
}

/** The mode that a tree records of an entry with this mode on disk. */
function treeMode(table: EntryTable, at: number, mode: number): number {
  const flags = table.flags[at]!
  if ((flags & flagScaffold) !== 0) return 0o755
  return (flags & flagShared) !== 0 ? sharedMode(mode) : mode
}
