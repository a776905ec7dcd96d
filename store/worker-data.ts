import { armedCrashPoint } from '../base/index.ts'
import type { CountedChunks } from './chunk-counter.ts'
import type { ChunkIndex, SharedIndex } from './chunk-index.ts'
import type { Stored } from './chunk-storer.ts'
import type { FileBatch, FileResults } from './file-batch.ts'
import type { Sharing } from './link-cache.ts'
import { usedAddonFolder } from './native-addon.ts'
import type { RestoreBatch, RestoreResults } from './restore-batch.ts'
import type { SentError } from './sent-error.ts'
import { SharedClaims } from './shared-claims.ts'

/** What a worker thread is started with. */
export interface WorkerData {
  storeFolder: string
  index: SharedIndex
  /** Chunks that some thread of this operation has, see `SharedClaims`. */
  claims: SharedArrayBuffer
  /** Word 0 is not zero once the threads are to stop. */
  control: SharedArrayBuffer
  /** How files are linked into the cache and out of it; `auto`: to be found out. */
  sharing: 'auto' | 'copy' | Sharing
  chunks: ChunkUse
  addonFolder: string | undefined
  crashPoint: string | undefined
}

/** What becomes of chunks that are read from files. */
export type ChunkUse = 'store' | 'count' | 'ignore'

export type WorkerRequest =
  | { kind: 'read'; batch: FileBatch }
  | { kind: 'restore'; batch: RestoreBatch }
  | { kind: 'end' }

export type WorkerReply =
  | { kind: 'read'; results: FileResults }
  | { kind: 'restore'; results: RestoreResults }
  | { kind: 'end'; ended: Ended }
  | { kind: 'error'; error: SentError }

/** What a thread leaves behind at the end. */
export interface Ended {
  stored: Stored | undefined
  counted: CountedChunks | undefined
}

/** The parts of a store that matter to threads. */
export interface FileStore {
  folder: string
  index: ChunkIndex
  link: 'auto' | 'copy'
}

/** What the threads of one operation are started with, this one included. */
export function workerData(store: FileStore, chunks: ChunkUse): WorkerData {
  return {
    storeFolder: store.folder,
    index: store.index.share(),
    claims: new SharedClaims().buffer,
    control: new SharedArrayBuffer(4),
    sharing: store.link,
    chunks,
    addonFolder: usedAddonFolder(),
    crashPoint: armedCrashPoint(),
  }
}
