import type { LongOperation } from '../base/index.ts'
import { breather } from './breathe.ts'
import type { Context } from './context.ts'
import { taggedObject } from './git/git-object.ts'
import { decodeGitTree, mode } from './git/git-tree.ts'
import type { PackedAt } from './git/object-database.ts'
import { PackBuilder } from './git/pack-builder.ts'
import { encodeEntryHeader } from './git/pack-entry.ts'
import type { PackFile } from './git/pack-file.ts'
import { compareSides } from './graph.ts'
import type { PackedObjects } from './types.ts'

export interface PackOptions extends LongOperation {
  want: string[]
  have: string[]
}

/** A pack of what a side that has `have` lacks of `want`; undefined where it lacks nothing. */
export async function packObjects(context: Context, options: PackOptions): Promise<PackedObjects | undefined> {
  const ids = await missingObjects(context, options)
  if (ids.length === 0) return undefined
  const breathe = breather(options)
  const located = new Map<string, PackedAt>()
  const byPosition = new Map<PackFile, Map<number, string>>()
  for (const id of ids) {
    const at = context.objects.locate(id)
    if (at === undefined) continue
    located.set(id, at)
    const positions = byPosition.get(at.pack) ?? new Map<number, string>()
    byPosition.set(at.pack, positions.set(at.offset, id))
  }
  const builder = new PackBuilder()
  for (const [done, id] of ids.entries()) {
    const at = located.get(id)
    if (at === undefined || !addPacked({ context, builder, located, byPosition }, id, at)) {
      const { kind, bytes } = context.objects.read(id)
      builder.add(id, kind, bytes)
    }
    await breathe()
    options.onProgress?.({ phase: 'Packing source history', done: done + 1, total: ids.length, unit: 'steps' })
  }
  return builder.finish()
}

interface Packing {
  context: Context
  builder: PackBuilder
  located: ReadonlyMap<string, PackedAt>
  byPosition: ReadonlyMap<PackFile, ReadonlyMap<number, string>>
}

// Takes an entry as it is compressed already; a delta only if its base goes along and lies in the same pack, so that
// deltas of two packs can never depend on each other in a circle. (The bytes are a view on a larger read: copied.)
function addPacked({ context, builder, located, byPosition }: Packing, id: string, at: PackedAt): boolean {
  const entry = context.objects.readRaw(at)
  if (entry.kind !== undefined) {
    builder.addCompressed(id, encodeEntryHeader(entry.kind, entry.size), Buffer.from(entry.compressed))
    return true
  }
  const baseId = entry.baseId ?? byPosition.get(at.pack)?.get(entry.baseOffset!)
  if (baseId === undefined || located.get(baseId)?.pack !== at.pack) return false
  builder.addCompressed(id, encodeEntryHeader({ baseId }, entry.size), Buffer.from(entry.compressed))
  return true
}

/** Names of all objects that `want` reaches and `have` does not: commits and tags first, then trees and blobs. */
async function missingObjects(context: Context, options: PackOptions): Promise<string[]> {
  const { commits } = context
  const have = options.have.flatMap((id) => commits.peel(id) ?? [])
  const ids = new Set<string>()
  const want: string[] = []
  for (const id of options.want) {
    addTags(context, id, ids)
    const commit = commits.peel(id)
    if (commit !== undefined) want.push(commit)
  }
  const { leftOnly, boundary } = compareSides(commits, want, have)
  for (const id of leftOnly) ids.add(id)
  const breathe = breather(options)
  const known = new Set<string>()
  for (const commit of new Set([...boundary, ...have])) {
    addTree(context, commits.get(commit).tree, known)
    await breathe()
  }
  // Oldest first, so that what a push sends stays in the order in which it was made.
  for (const commit of leftOnly.toReversed()) {
    addTree(context, commits.get(commit).tree, ids, known)
    await breathe()
  }
  return [...ids]
}

function addTags(context: Context, id: string, into: Set<string>): void {
  const object = context.objects.readIfPresent(id)
  if (object?.kind !== 'tag') return
  into.add(id)
  const target = taggedObject(object)
  if (target !== undefined) addTags(context, target, into)
}

function addTree(context: Context, root: string, into: Set<string>, known?: ReadonlySet<string>): void {
  const waiting = [root]
  for (let tree = waiting.pop(); tree !== undefined; tree = waiting.pop()) {
    if (into.has(tree) || known?.has(tree)) continue
    into.add(tree)
    for (const entry of decodeGitTree(context.objects.readAs('tree', tree), tree)) {
      if (entry.mode === mode.folder) waiting.push(entry.id)
      // A submodule's commit is in another repository.
      else if (entry.mode !== mode.submodule && !known?.has(entry.id)) into.add(entry.id)
    }
  }
}
