/** Files to be put in place, in columns: what a thread asks another one to do. */
export interface RestoreBatch {
  /** `place`: from the cache, as far as it has them; `write`: from the packs. */
  stage: 'place' | 'write'
  /** Numbers of the entries, for the asking side. */
  entries: number[]
  /** Whole paths. */
  paths: string[]
  /** 32 bytes a file. */
  ids: Uint8Array
  sizes: number[]
  /** Permission bits as the tree has them. */
  modes: number[]
  mtimes: bigint[]
  chunked: boolean[]
  /** May be shared with the cache. */
  shared: boolean[]
  /** Its folder was made by this restore, open to nobody else. */
  fresh: boolean[]
  /** Something may be at the path, or in its folder: put it there in one step, by rename. */
  replace: boolean[]
}

/** What was done, in columns in the order of the batch. */
export interface RestoreResults {
  entries: number[]
  outcomes: Uint8Array
  inodes: BigUint64Array
  /** Permission bits on disk. */
  modes: Uint16Array
}

/** The cache did not have it. */
export const outcomeMissing = 0
/** Shares the cache's inode. */
export const outcomeLinked = 1
/** A copy-on-write clone of the cached file. */
export const outcomeCloned = 2
/** Written, and private. */
export const outcomeWritten = 3
/** Written, and now the cache has it too. */
export const outcomeKept = 4
