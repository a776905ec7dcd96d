/** One report of a long operation. `done` and `total` are in `unit`; total 0 means that it is not known yet. */
export interface Progress {
  /** A verb phrase for the reader: "Reading node_modules", "Downloading". */
  phase: string
  done: number
  total: number
  unit: 'files' | 'bytes' | 'chunks' | 'steps'
}

/** Long operations report through this and never draw. */
export type OnProgress = (progress: Progress) => void

/** What every long operation takes. */
export interface LongOperation {
  signal?: AbortSignal | undefined
  onProgress?: OnProgress | undefined
}
