import { throwIfInterrupted } from '../base/index.ts'
import { type Backend, decodeRecipe, decodeTree, type Holdings, type Id, type Roots } from '../store/index.ts'
import { createFrameReader } from './frame-reader.ts'
import type { ChunkPlace, KnownChunks } from './known-chunks.ts'

/** Where everything below some roots lies, or what is not there (the first few). */
export interface Located {
  holdings: Holdings
  missing: Id[]
}

export interface LocateOptions {
  storage: Backend
  known: KnownChunks
  signal?: AbortSignal | undefined
}

const enoughMissing = 10

/**
 * Walks trees and recipes in the storage and finds every chunk below `roots`. Each object is read once, however often
 * it occurs: the work is bounded by what was uploaded, not by what the trees claim.
 * @throws ZagiError TREE_CORRUPT where what was uploaded as a tree or recipe is none
 */
export async function locateChunks(roots: Roots, options: LocateOptions): Promise<Located> {
  const { known, signal } = options
  const frames = new FrameSet()
  const missing: Id[] = []
  const trees = new Set<number>()
  const recipes = new Set<number>()
  let wave: { place: ChunkPlace; tree: boolean }[] = []

  const content = (id: Id): ChunkPlace | undefined => {
    const place = known.find(id)
    if (place === undefined) missing.push(id)
    else frames.add(place)
    return place
  }
  const structure = (id: Id, tree: boolean) => {
    const place = content(id)
    const seen = tree ? trees : recipes
    if (place === undefined || seen.has(place.entry)) return
    seen.add(place.entry)
    wave.push({ place, tree })
  }
  const blob = (ref: { id: Id; chunked: boolean }) => {
    if (ref.chunked) structure(ref.id, false)
    else content(ref.id)
  }

  for (const id of roots.trees) structure(id, true)
  for (const ref of roots.blobs) blob(ref)
  const reader = createFrameReader(options.storage, signal)
  while (wave.length > 0 && missing.length < enoughMissing) {
    // In the order of the packs, so that a frame is read once for all that is needed from it.
    const ordered = wave.sort((a, b) => a.place.packNumber - b.place.packNumber || a.place.chunk - b.place.chunk)
    wave = []
    for (const { place, tree } of ordered) {
      throwIfInterrupted(signal)
      const bytes = await reader.read(place)
      if (!tree) {
        for (const { id } of decodeRecipe(bytes).chunks) content(id)
        continue
      }
      for (const entry of decodeTree(bytes).entries) {
        if (entry.kind === 'tree') structure(entry.id, true)
        else if (entry.kind === 'file') blob(entry)
      }
    }
  }
  return { holdings: frames.holdings(known), missing: missing.slice(0, enoughMissing) }
}

/** Frames by pack, and the ranges they make. */
class FrameSet {
  readonly #packs = new Map<number, Set<number>>()

  add({ packNumber, frame }: ChunkPlace): void {
    const frames = this.#packs.get(packNumber)
    if (frames === undefined) this.#packs.set(packNumber, new Set([frame]))
    else frames.add(frame)
  }

  holdings(known: KnownChunks): Holdings {
    const packs = [...this.#packs].map(([number, frames]) => ({ id: known.packId(number), frames: ranges(frames) }))
    return { packs: packs.sort((a, b) => (a.id < b.id ? -1 : 1)) }
  }
}

function ranges(frames: Set<number>): [first: number, count: number][] {
  const found: [number, number][] = []
  for (const frame of [...frames].sort((a, b) => a - b)) {
    const last = found.at(-1)
    if (last !== undefined && last[0] + last[1] === frame) last[1]++
    else found.push([frame, 1])
  }
  return found
}
