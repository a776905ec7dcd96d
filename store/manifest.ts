import { ZagiError } from '../base/index.ts'
import { hash } from './hash.ts'
import { isId } from './id.ts'
import type { BlobRef, Holdings, Id, Roots } from './types.ts'

/** What a remote keeps for each set of roots: where everything below them is. See docs/formats/manifest.md. */
export interface Manifest {
  version: 1
  roots: Roots
  holdings: Holdings
}

/** The canonical JSON of roots: sorted, each once. */
export function encodeRoots(roots: Roots): Uint8Array {
  const trees = [...new Set(roots.trees)].sort()
  const unique = new Map(
    roots.blobs.map(({ id, size, chunked }) => [`${id} ${chunked} ${size}`, { id, size, chunked }]),
  )
  const blobs = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, blob]) => blob)
  return Buffer.from(JSON.stringify({ trees, blobs }))
}

/** A manifest's name, which who knows the roots can tell without asking. */
export function manifestId(roots: Roots): Id {
  return hash(encodeRoots(roots))
}

export function encodeManifest({ roots, holdings }: Manifest): Uint8Array {
  const { trees, blobs } = JSON.parse(Buffer.from(encodeRoots(roots)).toString('utf8')) as Roots
  return Buffer.from(`${JSON.stringify({ version: 1, roots: { trees, blobs }, holdings })}\n`)
}

/** Reads a manifest that nobody has checked. @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function parseManifest(bytes: Uint8Array): Manifest {
  const { version, roots, holdings } = fields(parseJson(bytes))
  if (Number.isSafeInteger(version) && (version as number) > 1) {
    throw new ZagiError('FORMAT_TOO_NEW', 'A manifest was written by a newer zagi', { hint: 'Install the newest zagi' })
  }
  if (version !== 1) fail('it has no version')
  return { version: 1, roots: checkRoots(roots), holdings: checkHoldings(holdings) }
}

/** Reads roots that nobody has checked. @throws ZagiError MANIFEST_CORRUPT */
export function parseRoots(bytes: Uint8Array): Roots {
  return checkRoots(parseJson(bytes))
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return fail('it is not JSON')
  }
}

function checkRoots(value: unknown): Roots {
  const { trees, blobs } = fields(value)
  if (!Array.isArray(trees) || !trees.every(isId)) fail('its trees are not ids')
  if (!Array.isArray(blobs)) fail('its blobs are not a list')
  return { trees, blobs: blobs.map(checkBlob) }
}

function checkBlob(value: unknown): BlobRef {
  const { id, size, chunked } = fields(value)
  if (!isId(id) || !isCount(size) || typeof chunked !== 'boolean') return fail('a blob in it is none')
  return { id, size, chunked }
}

function checkHoldings(value: unknown): Holdings {
  const { packs } = fields(value)
  if (!Array.isArray(packs)) return fail('its packs are not a list')
  return {
    packs: packs.map((pack) => {
      const { id, frames } = fields(pack)
      if (!isId(id) || !Array.isArray(frames)) return fail('a pack in it is none')
      return { id, frames: frames.map(checkRange) }
    }),
  }
}

function checkRange(value: unknown): [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !isCount(value[0]) || !isCount(value[1])) {
    return fail('a range of frames in it is none')
  }
  return [value[0], value[1]]
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('a part of it is no object')
  return value as Record<string, unknown>
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function fail(why: string): never {
  throw new ZagiError('MANIFEST_CORRUPT', `A manifest is damaged: ${why}`, {
    hint: 'Push again from a machine that has the snapshot',
  })
}
