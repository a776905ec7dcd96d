import { ZagiError } from '../base/index.ts'
import type { BlobRef, Id } from '../store/index.ts'

/** The content of `.zagi/snapshots/<id>.manifest`: everything `zagi restore` must know, see docs/formats/snapshot-manifest.md. */
export interface SnapshotManifest {
  version: 1
  root: Id
  times: BlobRef
  files: number
  bytes: number
  /** ISO 8601, UTC. */
  created: string
}

export function formatSnapshotManifest(manifest: SnapshotManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** Reads a manifest that anybody may have written. @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function parseSnapshotManifest(bytes: Uint8Array, path: string): SnapshotManifest {
  let value: Partial<SnapshotManifest> | null = null
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // falls through: null is not a manifest
  }
  if (typeof value === 'object' && value !== null && typeof value.version === 'number' && value.version > 1) {
    throw new ZagiError('FORMAT_TOO_NEW', `"${path}" was written by a newer zagi`, { hint: 'Update zagi' })
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    value.version !== 1 ||
    !isId(value.root) ||
    !isBlobRef(value.times) ||
    !isCount(value.files) ||
    !isCount(value.bytes) ||
    typeof value.created !== 'string'
  ) {
    throw new ZagiError('MANIFEST_CORRUPT', `"${path}" is not a snapshot manifest`, {
      hint: 'Name a file that "zagi snapshot" wrote: .zagi/snapshots/ID.manifest',
    })
  }
  const { root, times, files, bytes: size, created } = value
  return { version: 1, root, times, files, bytes: size, created }
}

export function isId(value: unknown): value is Id {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isBlobRef(value: unknown): value is BlobRef {
  if (typeof value !== 'object' || value === null) return false
  const { id, size, chunked } = value as Partial<BlobRef>
  return isId(id) && isCount(size) && typeof chunked === 'boolean'
}
