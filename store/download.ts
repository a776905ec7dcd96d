import { isZagiError, type LongOperation, ZagiError } from '../base/index.ts'
import { planRuns, type Run } from './download-plan.ts'
import { IdSet } from './id-set.ts'
import { inParallel } from './in-parallel.ts'
import { failPack, type PackIndex } from './pack-index.ts'
import { remotePackIndex } from './pack-index-cache.ts'
import { PackWriter } from './pack-writer.ts'
import { packKey } from './remote-keys.ts'
import type { LocalStore } from './store.ts'
import type { Backend, DownloadResult, Holdings } from './types.ts'
import { verifyFrame } from './verify-frame.ts'

const requests = 6

export interface Download extends LongOperation {
  backend: Backend
  store: LocalStore
  holdings: Holdings
  cacheFolder: string
  /** Ids that earlier downloads of the same command brought; those of this one are added. */
  brought: IdSet
}

/**
 * Fetches what a store lacks of `holdings`. Everything that arrived whole and right is kept, also when the rest fails or
 * the user stops it: the next try fetches only what is still missing.
 */
export async function download(options: Download): Promise<DownloadResult> {
  const { backend, store, signal, onProgress } = options
  store.reconcile()
  const { runs, chunks, reused } = await plan(options)
  const total = runs.reduce((sum, run) => sum + run.length, 0)
  const receiver = new Receiver(store)
  let bytes = 0
  const report = (received: number) => {
    bytes += received
    onProgress?.({ phase: 'Downloading', done: bytes, total, unit: 'bytes' })
  }
  report(0)
  try {
    await inParallel(runs, { limit: requests, signal }, async (run, stop) => {
      await fetchRun(backend, run, {
        signal: stop,
        report,
        receive: (frame, stored) => receiver.add(run, frame, stored),
      })
      await receiver.keepFullPacks()
    })
  } finally {
    await receiver.finish()
  }
  return { chunks, bytes, reused }
}

async function plan({ backend, store, holdings, cacheFolder, brought, signal }: Download) {
  const result = { runs: [] as Run[], chunks: 0, reused: 0 }
  const indexes: { pack: PackIndex; frames: [number, number][] }[] = []
  await inParallel(holdings.packs, { limit: requests, signal }, async ({ id, frames }, stop) => {
    try {
      indexes.push({ pack: await remotePackIndex(backend, id, { cacheFolder, signal: stop }), frames })
    } catch (error) {
      if (!isZagiError(error, 'KEY_NOT_FOUND')) throw error
      throw new ZagiError('CHUNK_MISSING', `The pack "${id}", which a manifest names, is not at "${backend.address}"`, {
        hint: 'Push again from a machine that has the snapshot',
        cause: error,
      })
    }
  })
  const planned = new IdSet()
  const reused = new IdSet()
  for (const { pack, frames } of indexes) {
    const isWanted = (at: number) => {
      if (store.index.has(pack.section, at)) {
        if (!brought.has(pack.section, at)) reused.add(pack.section, at)
        return false
      }
      brought.add(pack.section, at)
      return planned.add(pack.section, at)
    }
    result.runs.push(...planRuns(pack, frames, isWanted))
  }
  result.chunks = planned.size
  result.reused = reused.size
  return result
}

interface RunHandlers {
  signal: AbortSignal
  report(received: number): void
  receive(frame: number, stored: Uint8Array): void
}

/** Streams a run and hands over each frame as soon as it is whole. */
async function fetchRun(backend: Backend, run: Run, { signal, report, receive }: RunHandlers): Promise<void> {
  const { pack, frames, start, length } = run
  const key = packKey(pack.id)
  let number = 0
  let span = pack.frame(frames[0]!)
  let stored: Buffer = Buffer.allocUnsafe(span.stored)
  const take = async () => {
    await checkAgain(
      () => receive(frames[number]!, stored),
      async () => {
        const again = await backend.get(key, { start: span.offset, length: span.stored, signal })
        receive(frames[number]!, again)
      },
      backend.address,
    )
    number++
    if (number === frames.length) return
    span = pack.frame(frames[number]!)
    stored = Buffer.allocUnsafe(span.stored)
  }
  let at = start
  for await (const piece of backend.stream(key, { start, length, signal })) {
    report(piece.length)
    for (let used = 0; used < piece.length && number < frames.length; ) {
      // Negative while passing over frames between the wanted ones.
      const filled = at + used - span.offset
      if (filled < 0) {
        used = Math.min(piece.length, used - filled)
        continue
      }
      const part = piece.subarray(used, used + span.stored - filled)
      stored.set(part, filled)
      used += part.length
      if (filled + part.length === span.stored) await take()
    }
    at += piece.length
  }
  // A frame that holds nothing but an empty chunk has no bytes to wait for.
  while (number < frames.length && span.stored === 0) await take()
  if (number < frames.length) failPack(pack.id, `at "${backend.address}" it ends too early`)
}

/** Bytes that were damaged on the way are right when they are fetched again; others are damaged at the remote. */
async function checkAgain(first: () => void, second: () => Promise<void>, address: string): Promise<void> {
  const damaged = (error: unknown) => isZagiError(error, 'CHUNK_CORRUPT') || isZagiError(error, 'PACK_CORRUPT')
  try {
    first()
  } catch (error) {
    if (!damaged(error)) throw error
    try {
      await second()
    } catch (again) {
      if (!isZagiError(again) || !damaged(again)) throw again
      throw new ZagiError(again.code, `What "${address}" sent is damaged. ${again.message}`, {
        hint: 'Have the remote checked; a machine that has the snapshot can push it again',
        cause: again,
      })
    }
  }
}

/** Puts verified frames into packs of the store. */
class Receiver {
  readonly #store: LocalStore
  readonly #writer: PackWriter
  readonly #added = new IdSet()

  constructor(store: LocalStore) {
    this.#store = store
    this.#writer = new PackWriter(store.packsFolder)
  }

  /** Keeps a frame as it is where all of it is new, else its new chunks. @throws ZagiError CHUNK_CORRUPT, PACK_CORRUPT */
  add({ pack }: Run, frame: number, stored: Uint8Array): void {
    const raw = verifyFrame(pack, frame, stored)
    const ids = pack.section
    const first = pack.firstChunk(frame)
    const count = pack.firstChunk(frame + 1) - first
    const isNew = Array.from({ length: count }, (_, i) => {
      const at = pack.idOffset(first + i)
      return !this.#store.index.has(ids, at) && this.#added.add(ids, at)
    })
    const sizes = Array.from({ length: count }, (_, i) => pack.chunkSize(first + i))
    if (isNew.every(Boolean)) {
      const frameIds = Buffer.concat(sizes.map((_, i) => ids.subarray(pack.idOffset(first + i)).subarray(0, 32)))
      this.#writer.addFrame({ codec: pack.frame(frame).codec, stored, raw: raw.length }, frameIds, sizes)
      return
    }
    let at = 0
    sizes.forEach((size, i) => {
      if (isNew[i]) this.#writer.add(ids, pack.idOffset(first + i), raw.subarray(at, at + size))
      at += size
    })
  }

  /** Makes full packs visible at once, so that little is lost by a kill. */
  async keepFullPacks(): Promise<void> {
    if (this.#writer.hasPublished) this.#store.commit(await this.#writer.published())
  }

  async finish(): Promise<void> {
    this.#store.commit(await this.#writer.finish())
  }
}
