import { closeSync, createReadStream, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { explaining, type LongOperation, temporaryBeside, throwIfInterrupted, ZagiError } from '../base/index.ts'
import { inParallel } from './in-parallel.ts'
import { type FinishedPack, packPath } from './pack-file.ts'
import { readFileAt } from './pack-footer.ts'
import { PackWriter } from './pack-writer.ts'
import { packIndexKey, packKey } from './remote-keys.ts'
import type { LocalStore } from './store.ts'
import type { Backend, Id, UploadResult } from './types.ts'
import { type PackShare, planUpload } from './upload-plan.ts'
import { verifyFrame } from './verify-frame.ts'
import { verifyPack } from './verify-pack.ts'

const uploads = 3
const pieceLength = 256 * 1024

/** Sends chunks that the remote lacks. A pack is put before its index: who lists indexes sees only whole packs. */
export async function upload(
  options: { backend: Backend; store: LocalStore; ids: readonly Id[] } & LongOperation,
): Promise<UploadResult> {
  const { backend, store, ids, signal, onProgress } = options
  const { shares, missing } = planUpload(ids, store)
  if (missing.length > 0) {
    throw new ZagiError('CHUNK_MISSING', `The chunk "${missing[0]}" is not in the store "${store.folder}"`, {
      hint: 'Fetch it from the remote: zagi pull',
    })
  }
  const total = shares.reduce((sum, share) => sum + share.bytes, 0)
  const result: UploadResult = { chunks: ids.length, bytes: 0, packs: [] }
  const report = (sent: number) => {
    result.bytes += sent
    onProgress?.({ phase: 'Uploading', done: Math.min(result.bytes, total), total, unit: 'bytes' })
  }
  report(0)
  const temporary = temporaryBeside(join(store.packsFolder, 'upload'))
  mkdirSync(temporary, { recursive: true })
  try {
    const packs = [...wholePacks(shares), ...(await assemble(shares, temporary, signal))]
    await inParallel(packs, { limit: uploads, signal }, async ({ id, section, path }, stop) => {
      // A server checks what it gets; a plain storage would keep the damage.
      if (backend.chunks === undefined) await verifyPack(path)
      await backend.put(packKey(id), fileBody(path, report), { signal: stop })
      await backend.put(packIndexKey(id), section, { signal: stop })
      result.packs.push(id)
    })
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return result
}

interface PackToSend {
  id: Id
  section: Uint8Array
  path: string
}

function* wholePacks(shares: readonly PackShare[]): Iterable<PackToSend> {
  for (const { whole, index, path } of shares) {
    if (whole) yield { id: index.id, section: index.section, path }
  }
}

/** Makes packs of what is wanted from local packs that are not wanted as a whole. */
async function assemble(
  shares: readonly PackShare[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<PackToSend[]> {
  const writer = new PackWriter(folder)
  try {
    for (const share of shares) {
      throwIfInterrupted(signal)
      if (!share.whole) copyShare(share, writer)
    }
  } catch (error) {
    writer.abort()
    throw error
  }
  const packs: FinishedPack[] = await writer.finish()
  return packs.map(({ id, section }) => ({ id, section, path: packPath(folder, id) }))
}

function copyShare({ index, path, frames }: PackShare, writer: PackWriter): void {
  const file = explaining('read', path, () => openSync(path, 'r'))
  try {
    const read = readFileAt(file, index.id)
    for (const { frame, chunks, whole } of frames) {
      const { offset, stored, codec, raw } = index.frame(frame)
      const bytes = read(offset, stored)
      const content = verifyFrame(index, frame, bytes)
      if (whole) {
        const ids = Buffer.concat(chunks.map((chunk) => index.section.subarray(index.idOffset(chunk)).subarray(0, 32)))
        writer.addFrame(
          { codec, stored: bytes, raw },
          ids,
          chunks.map((chunk) => index.chunkSize(chunk)),
        )
        continue
      }
      const wanted = new Set(chunks)
      let at = 0
      for (let chunk = index.firstChunk(frame); chunk < index.firstChunk(frame + 1); chunk++) {
        const size = index.chunkSize(chunk)
        if (wanted.has(chunk)) writer.add(index.section, index.idOffset(chunk), content.subarray(at, at + size))
        at += size
      }
    }
  } finally {
    closeSync(file)
  }
}

function fileBody(path: string, report: (bytes: number) => void) {
  return {
    size: statSync(path).size,
    async *open() {
      for await (const piece of createReadStream(path, { highWaterMark: pieceLength })) {
        report(piece.length)
        yield piece as Uint8Array
      }
    },
  }
}
