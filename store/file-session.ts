import { join } from 'node:path'
import { ZagiError } from '../base/index.ts'
import { ChunkCounter } from './chunk-counter.ts'
import { ChunkIndex } from './chunk-index.ts'
import { ChunkStorer } from './chunk-storer.ts'
import { type ChunkSink, ContentAdder } from './content-adder.ts'
import { type FileBatch, type FileResults, readBatch } from './file-batch.ts'
import { FileReader } from './file-reader.ts'
import { LinkCache } from './link-cache.ts'
import { SharedClaims } from './shared-claims.ts'
import type { BlobRef } from './types.ts'
import type { Ended, WorkerData } from './worker-data.ts'

/** One thread's part in reading and storing the files of a folder. */
export class FileSession {
  readonly adder: ContentAdder
  readonly reader: FileReader
  readonly sink: ChunkSink
  readonly #cache: LinkCache

  constructor(data: WorkerData) {
    const claims = new SharedClaims(data.claims)
    if (data.chunks === 'store') {
      const packsFolder = join(data.storeFolder, 'packs')
      this.sink = new ChunkStorer({ packsFolder, index: ChunkIndex.fromShared(data.index), claims })
    } else {
      this.sink = data.chunks === 'count' ? new ChunkCounter(claims) : { add: () => {} }
    }
    const control = new Int32Array(data.control)
    this.reader = new FileReader(() => {
      if (Atomics.load(control, 0) !== 0) throw new ZagiError('INTERRUPTED', 'Stopped')
    })
    this.adder = new ContentAdder(this.sink)
    this.#cache = new LinkCache(data.storeFolder, data.sharing)
  }

  read(batch: FileBatch): FileResults {
    return readBatch(batch, { reader: this.reader, adder: this.adder, cache: this.#cache })
  }

  addBlob(bytes: Uint8Array): BlobRef {
    const id = Buffer.alloc(32)
    this.adder.begin()
    this.adder.add(bytes, true)
    const chunked = this.adder.end(id, 0)
    return { id: id.toString('hex'), size: bytes.length, chunked }
  }

  /** Makes durable what this thread stored. */
  async end(): Promise<Ended> {
    const { sink } = this
    return {
      stored: sink instanceof ChunkStorer ? await sink.finish() : undefined,
      counted: sink instanceof ChunkCounter ? sink.finish() : undefined,
    }
  }

  /** Removes what was stored and is not durable yet. */
  abort(): void {
    if (this.sink instanceof ChunkStorer) this.sink.abort()
  }
}
