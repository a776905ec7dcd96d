import type { SystemName } from '../base/index.ts'
import type { BlobRef, Id } from '../store/index.ts'
import type { Manager } from './dependency-folder.ts'

/** The content of `.zagi/lock/deps.<system>.json`. */
export interface DepsPointer {
  version: 1
  system: SystemName
  /** Root tree: the dependency folders at their project-relative places. */
  root: Id
  times: BlobRef
  folders: { path: string; manager: Manager; packages: number }[]
  files: number
  bytes: number
  packages: number
}

/** Reads a pointer file. @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function parseDepsPointer(_bytes: Uint8Array): DepsPointer {
  throw new Error('Bug: not written yet')
}

/** The file's text: stable, one value a line. */
export function formatDepsPointer(_pointer: DepsPointer): string {
  throw new Error('Bug: not written yet')
}
