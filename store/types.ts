import type { LongOperation } from '../base/index.ts'

/** BLAKE3-256 of a chunk's raw bytes: 64 lower-case hex digits. */
export type Id = string

/** A sequence of bytes in the store: one chunk, or a recipe that lists its chunks. */
export interface BlobRef {
  id: Id
  /** Bytes of the content. */
  size: number
  /** True: `id` names a blob recipe, not the content itself. */
  chunked: boolean
}

/** One entry of a directory. See docs/formats/tree.md. */
export interface TreeEntry {
  name: string
  kind: 'file' | 'link' | 'tree'
  /** The 12 permission bits; 0o777 for links. */
  mode: number
  /** Bytes of a file; length in bytes of a link's target; 0 for a tree. */
  size: number
  /** Chunk or recipe of a file, tree id of a tree, '' for a link. */
  id: Id
  /** Files only: `id` names a blob recipe. */
  chunked: boolean
  /** Links only: where it points; '' for the others. */
  target: string
  /** Pristine package content: restore may hard-link it, read-only. */
  shared: boolean
  /** Stored in canonical form (absolute paths replaced by tokens): restore must rewrite it. */
  rewritten: boolean
}

/** One directory. The totals count everything below it, `count` also folders and links. */
export interface Tree {
  /** Strictly sorted by the UTF-8 bytes of the names. */
  entries: TreeEntry[]
  files: number
  bytes: number
  count: number
}

/** What must be kept or transferred: everything below these. */
export interface Roots {
  trees: Id[]
  blobs: BlobRef[]
}

/** Where chunks are at a remote: ranges of frames in packs. */
export interface Holdings {
  packs: { id: Id; frames: [first: number, count: number][] }[]
}

export interface StoreOptions {
  /** `copy`: never share an inode between the store and a project; default `auto`. */
  link?: 'auto' | 'copy' | undefined
}

/** A user's chunk store. Many processes may use one folder at once. */
export interface Store {
  readonly folder: string
  readonly link: 'auto' | 'copy'
  has(id: Id): boolean
  /** One chunk, verified. @throws ZagiError CHUNK_MISSING, CHUNK_CORRUPT */
  read(id: Id): Uint8Array
  /** A whole blob, verified. @throws ZagiError CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT */
  readBlob(ref: BlobRef): Uint8Array
  /** @throws ZagiError CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT */
  readTree(id: Id): Tree
  writer(): StoreWriter
  /** Every chunk id below the roots: trees, recipes, content. @throws ZagiError CHUNK_MISSING if one is not here */
  reachable(roots: Roots): Set<Id>
  stats(): StoreStatistics
  /** Picks up packs that other processes added. */
  refresh(): void
  close(): void
}

export interface StoreStatistics {
  packs: number
  chunks: number
  /** Bytes on disk. */
  storedBytes: number
  /** Bytes of all chunks before compression. */
  rawBytes: number
}

/** Adds to a store; skips what the store or this writer has already. Nothing is visible before `finish`. */
export interface StoreWriter {
  /** Adds one chunk. */
  add(bytes: Uint8Array): Id
  /** Adds content of any size: content-defined chunks and a recipe where there is more than one. */
  addBlob(bytes: Uint8Array): BlobRef
  addTree(tree: Tree): Id
  /** Makes everything durable and visible: packs first, then the index. */
  finish(): Promise<WriteResult>
  abort(): void
}

export interface WriteResult {
  packs: Id[]
  newChunks: number
  /** Bytes of the new chunks before compression. */
  newBytes: number
  /** Bytes the new packs take on disk. */
  storedBytes: number
}

/** What `chunkFolder` counted. */
export interface ChunkStatistics {
  files: number
  distinctFiles: number
  bytes: number
  chunks: number
  uniqueChunks: number
  uniqueBytes: number
  /** Ids and sizes of the unique chunks, for comparison with an earlier run. */
  ids: Map<Id, number>
}

export interface ChunkFolderOptions extends LongOperation {
  exclude?(path: string, isFolder: boolean): boolean
}

export interface SnapshotOptions extends LongOperation {
  /** Project-relative folders; the root tree then holds just the path down to each and them whole. */
  only?: string[] | undefined
  /** `path` is relative to the snapshot root, '/'-separated. */
  exclude?(path: string, isFolder: boolean): boolean
  /** How restore may treat a file; default private. */
  classify?(path: string, isLink: boolean): 'shared' | 'private' | 'rewrite'
  rewrite?: Rewriter | undefined
  /** Where the stat index is kept, so that unchanged files are not read. */
  statIndexFile?: string | undefined
  /** Link shared files into the store's cache. */
  adopt?: boolean | undefined
  /** Compute ids, store nothing. */
  dryRun?: boolean | undefined
}

/** Turns content and link targets into their stored, place-independent form and back. */
export interface Rewriter {
  toStored(bytes: Uint8Array): Uint8Array
  fromStored(bytes: Uint8Array): Uint8Array
  linkToStored(target: string): string
  linkFromStored(target: string): string
}

export interface Snapshot {
  root: Id
  times: BlobRef
  files: number
  bytes: number
  links: number
  folders: number
  write: WriteResult
  /** Files that were not read, thanks to the stat index. */
  unchanged: number
}

export interface RestoreOptions extends LongOperation {
  only?: string[] | undefined
  /** What to do with entries that the snapshot does not have. */
  extras: 'keep' | 'remove'
  /** Extras that stay in any case. */
  keep?(path: string): boolean
  rewrite?: Rewriter | undefined
  statIndexFile?: string | undefined
}

export interface RestoreResult {
  files: number
  bytes: number
  linked: number
  copied: number
  unchanged: number
  removed: number
}

export interface PathChange {
  path: string
  change: 'added' | 'changed' | 'removed'
}

/** Options of one read of an object. */
export interface GetOptions {
  /** First byte; default 0. */
  start?: number | undefined
  /** Bytes to read; default: to the end. */
  length?: number | undefined
  signal?: AbortSignal | undefined
}

export interface PutOptions {
  signal?: AbortSignal | undefined
}

/** A body that can be read more than once, so that a cut upload can be sent again. */
export interface StreamedBody {
  size: number
  open(): AsyncIterable<Uint8Array>
}

/** What a zagi server answers about chunks, and a plain object storage cannot. */
export interface ChunkService {
  /** For each id prefix of 12 bytes one bit, lowest bit first: 1 where the server has no such chunk. */
  missing(prefixes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
  /** Has the server check that it holds everything below `roots`, and write the manifest. Answers its id. */
  publish(repository: string, roots: Roots, signal?: AbortSignal): Promise<Id>
}

/**
 * Object storage: a local folder, memory, a zagi server. Keys are '/'-separated words of letters, digits, `.`, `_`, `-`
 * that do not begin with a dot (BAD_NAME).
 */
export interface Backend {
  /** For messages, without credentials. */
  readonly address: string
  /** There where a zagi server stands before the storage. */
  readonly chunks?: ChunkService
  /** Of a range that goes beyond the end, the bytes there are. @throws ZagiError KEY_NOT_FOUND */
  get(key: string, options?: GetOptions): Promise<Uint8Array>
  /** As `get`, piece by piece. */
  stream(key: string, options?: GetOptions): AsyncIterable<Uint8Array>
  head(key: string): Promise<{ size: number } | undefined>
  /** Writes an immutable object: an existing key is left as it is. */
  put(key: string, body: Uint8Array | StreamedBody, options?: PutOptions): Promise<void>
  getVersioned(key: string): Promise<{ bytes: Uint8Array; version: string } | undefined>
  /** Compare-and-swap: `expected` undefined means that the key must not exist. Answers the new version. @throws ZagiError REF_MOVED */
  replace(key: string, bytes: Uint8Array, expected: string | undefined): Promise<string>
  list(prefix: string): AsyncIterable<{ key: string; size: number }>
  remove(key: string): Promise<void>
}

/** Chunks at a backend. */
export interface Remote {
  readonly backend: Backend
  /** Which of these chunks the remote does not have, in the given order. */
  missing(ids: Iterable<Id>, operation?: LongOperation): Promise<Id[]>
  /** Brings what the remote lacks of `ids`. */
  upload(store: Store, ids: Iterable<Id>, operation?: LongOperation): Promise<UploadResult>
  /** Writes the manifest of `roots` after making sure that the remote holds everything below them. Answers its id. */
  publish(repository: string, roots: Roots, store: Store, operation?: LongOperation): Promise<Id>
  /** Where the chunks of a published manifest are. */
  holdings(repository: string, manifest: Id): Promise<Holdings>
  /** Fetches what the store lacks of `holdings`. */
  download(store: Store, holdings: Holdings, operation?: LongOperation): Promise<DownloadResult>
}

export interface UploadResult {
  chunks: number
  /** Bytes sent. */
  bytes: number
  packs: Id[]
}

export interface DownloadResult {
  chunks: number
  /** Bytes received. */
  bytes: number
  /** Chunks that were here before this remote was opened. */
  reused: number
}
