import { ZagiError } from '../base/index.ts'
import type { PackIndex } from './pack-index.ts'

/** Bytes of a pack that are fetched by one request: frames in order, perhaps with some between that nobody wants. */
export interface Run {
  pack: PackIndex
  frames: number[]
  start: number
  length: number
}

// Fetching this much in vain costs less than another request.
const gap = 64 * 1024
const longestRun = 8 * 1024 * 1024

/**
 * Chooses the ranges to fetch of one pack.
 * @param ranges the frames that were promised to be there
 * @param isWanted whether a chunk, by the place of its id in the index section, must be fetched
 * @throws ZagiError MANIFEST_CORRUPT for a range beyond the pack
 */
export function planRuns(
  pack: PackIndex,
  ranges: readonly [first: number, count: number][],
  isWanted: (idOffset: number) => boolean,
): Run[] {
  const runs: Run[] = []
  for (const frame of framesIn(pack, ranges)) {
    let wanted = false
    for (let chunk = pack.firstChunk(frame); chunk < pack.firstChunk(frame + 1); chunk++) {
      wanted = isWanted(pack.idOffset(chunk)) || wanted
    }
    if (wanted) extend(runs, pack, frame)
  }
  return runs
}

function framesIn(pack: PackIndex, ranges: readonly [first: number, count: number][]): number[] {
  const frames = new Set<number>()
  for (const [first, count] of ranges) {
    if (first + count > pack.frames) {
      throw new ZagiError('MANIFEST_CORRUPT', `A manifest names frames that the pack "${pack.id}" does not have`, {
        hint: 'Push again from a machine that has the snapshot',
      })
    }
    for (let frame = first; frame < first + count; frame++) frames.add(frame)
  }
  return [...frames].sort((a, b) => a - b)
}

function extend(runs: Run[], pack: PackIndex, frame: number): void {
  const { offset, stored } = pack.frame(frame)
  const last = runs.at(-1)
  if (last !== undefined && offset - last.start - last.length <= gap && offset + stored - last.start <= longestRun) {
    last.frames.push(frame)
    last.length = offset + stored - last.start
  } else {
    runs.push({ pack, frames: [frame], start: offset, length: stored })
  }
}
