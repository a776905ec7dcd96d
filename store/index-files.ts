import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint, errnoOf, explaining, isZagiError, writeFileAtomic } from '../base/index.ts'
import { isId } from './id.ts'
import { checkSegment, Segment, segmentName } from './index-segment.ts'
import type { Id } from './types.ts'

const shape = /^index\.([0-9a-f]{32})$/

/** Names of the chunk index's segments in a store's folder. */
export function listSegments(folder: string): string[] {
  return namesIn(folder).flatMap((file) => shape.exec(file)?.[1] ?? [])
}

/** Reads a segment, or undefined where it is gone (merged by another process). @throws ZagiError INDEX_CORRUPT */
export function readSegment(folder: string, name: string): Segment | undefined {
  const path = segmentPath(folder, name)
  try {
    return explaining('read', path, () => {
      const file = openSync(path, 'r')
      try {
        const buffer = new SharedArrayBuffer(fstatSync(file).size)
        const bytes = new Uint8Array(buffer)
        let done = 0
        for (let read = -1; read !== 0 && done < bytes.length; done += read) {
          read = readSync(file, bytes, done, bytes.length - done, null)
        }
        checkSegment(buffer)
        return new Segment(buffer)
      } finally {
        closeSync(file)
      }
    })
  } catch (error) {
    if (isZagiError(error, 'FILE_NOT_FOUND')) return undefined
    throw error
  }
}

/** Makes a segment durable. @returns its name */
export function writeSegment(folder: string, segment: Segment): string {
  const name = segmentName(segment)
  writeFileAtomic(segmentPath(folder, name), segment.bytes)
  crashPoint('index:written')
  return name
}

/** Removes a segment that was merged into another one, or is damaged. Left in place, it would do no harm. */
export function removeSegment(folder: string, name: string): void {
  rmSync(segmentPath(folder, name), { force: true })
}

/** The packs that lie in a store, by their file names. */
export function listPacks(packsFolder: string): Id[] {
  return namesIn(packsFolder)
    .filter((name) => name.length === 2)
    .flatMap((name) => namesIn(join(packsFolder, name)))
    .flatMap((file) => (file.endsWith('.pack') && isId(file.slice(0, -5)) ? [file.slice(0, -5)] : []))
}

function segmentPath(folder: string, name: string): string {
  return join(folder, `index.${name}`)
}

function namesIn(folder: string): string[] {
  return explaining('list', folder, () => {
    try {
      return readdirSync(folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
  })
}
