import { createHash } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  ensureFolder,
  explainSystemError,
  isZagiError,
  type LongOperation,
  randomName,
  throwIfInterrupted,
  writeFully,
  ZagiError,
} from '../../base/index.ts'
import { type CacheFiles, openCacheFiles } from './cache-files.ts'
import { decompress } from './decompress.ts'
import { maximumNarinfo, type Narinfo, parseNarinfo } from './narinfo.ts'
import { parseTrustedKeys, type TrustedKeys, verifyNarinfo } from './signature.ts'
import { plainName, storeHashLength } from './store-path.ts'

/** A binary cache to take store paths from; `keys` are `name:base64` public keys. */
export interface CacheOptions {
  url: string
  keys: string[]
}

/** A NAR on disk, whose bytes are the signed ones. */
export interface FetchedNar {
  file: number
  size: number
  close(): void
}

/** Store paths out of a binary cache, without Nix. What it hands on is signed by a trusted key and hashes to what was signed. */
export interface BinaryCache {
  /** The closure of a store path; undefined where the cache does not have it. */
  closure(name: string, operation: LongOperation): Promise<Narinfo[] | undefined>
  fetch(info: Narinfo, operation: LongOperation): Promise<FetchedNar>
}

const maximumPaths = 20_000
/** Narinfo files asked for at once. */
const parallel = 16
const attempts = 3

export interface CachePlace {
  /** For downloads, which are removed after use. */
  folder: string
  /** The PATH that `xz` is found on. */
  path: string | undefined
}

/** @throws ZagiError SIGNATURE_BAD, USAGE for bad options */
export function openBinaryCache(options: CacheOptions, place: CachePlace): BinaryCache {
  const keys = parseTrustedKeys(options.keys)
  const files = openCacheFiles(options.url)
  return {
    closure: (name, operation) => readClosure(files, keys, name, operation),
    async fetch(info, operation) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await fetchNar(files, info, place, operation)
        } catch (error) {
          // A cut connection is worth another try; wrong bytes are not.
          const cut = isZagiError(error, 'SERVER_UNREACHABLE') || isZagiError(error, 'SERVER_FAILED')
          if (!cut || attempt === attempts) throw error
        }
      }
    },
  }
}

async function readClosure(files: CacheFiles, keys: TrustedKeys, main: string, operation: LongOperation) {
  const infos = new Map<string, Narinfo>()
  let wanted = [main]
  while (wanted.length > 0) {
    const batch = wanted.splice(0, parallel)
    const read = await Promise.all(batch.map((name) => readNarinfo(files, keys, name, operation)))
    for (const [at, info] of read.entries()) {
      const name = batch[at]!
      if (info === undefined) {
        if (name === main) return undefined
        throw new ZagiError('TOOL_FAILED', `The binary cache "${files.address}" lacks "${name}", which "${main}" needs`)
      }
      infos.set(name, info)
    }
    if (infos.size > maximumPaths) throw new ZagiError('TOO_LARGE', `"${main}" needs more than ${maximumPaths} paths`)
    wanted = [...new Set([...wanted, ...read.flatMap((info) => info!.references)])].filter((name) => !infos.has(name))
    operation.onProgress?.({ phase: 'Reading what it needs', done: infos.size, total: 0, unit: 'steps' })
  }
  return [...infos.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function readNarinfo(files: CacheFiles, keys: TrustedKeys, name: string, { signal }: LongOperation) {
  const file = `${name.slice(0, storeHashLength)}.narinfo`
  const stream = await files.open(file, signal)
  if (stream === undefined) return undefined
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    pieces.push(piece)
    // The parser says what is wrong with so much.
    if (size > maximumNarinfo) break
  }
  const info = parseNarinfo(Buffer.concat(pieces), file)
  if (info.name !== name) {
    throw new ZagiError('NARINFO_BAD', `The narinfo "${file}" is refused: it is about "${info.name}", not "${name}"`)
  }
  verifyNarinfo(info, keys)
  return info
}

async function fetchNar(files: CacheFiles, info: Narinfo, place: CachePlace, operation: LongOperation) {
  const stream = await files.open(info.url, operation.signal)
  if (stream === undefined) {
    throw new ZagiError('TOOL_FAILED', `The binary cache "${files.address}" lacks the NAR of "${info.name}"`)
  }
  ensureFolder(place.folder, 0o700)
  const path = join(place.folder, `${randomName()}.nar`)
  const file = openSync(path, 'wx+', 0o600)
  // Nothing but this handle needs it: so it goes away with the process, however that ends.
  rmSync(path)
  try {
    const unpacked = (bytes: AsyncIterable<Uint8Array>) => decompress(bytes, info.compression, info.name, place.path)
    await writeChecked(file, stream, info, operation, unpacked)
  } catch (error) {
    closeSync(file)
    throw explainSystemError(error, 'write', path)
  }
  return { file, size: info.narSize, close: () => closeSync(file) }
}

/** Writes the unpacked bytes and compares both hashes and sizes with what the narinfo says. */
async function writeChecked(
  file: number,
  stream: AsyncIterable<Uint8Array>,
  info: Narinfo,
  { signal, onProgress }: LongOperation,
  unpacked: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const bad = (why: string) =>
    new ZagiError('NAR_BAD', `The NAR of "${info.name}" is refused: ${why}`, {
      hint: 'The binary cache is damaged: nothing of it was kept',
    })
  const fileHash = createHash('sha256')
  let fileSize = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of stream) {
      fileSize += piece.length
      if (info.fileSize !== undefined && fileSize > info.fileSize) throw bad('more bytes came than its narinfo says')
      fileHash.update(piece)
      yield piece
    }
  }
  const narHash = createHash('sha256')
  let size = 0
  const phase = `Fetching ${plainName(info.name)}`
  for await (const piece of unpacked(counted())) {
    throwIfInterrupted(signal)
    size += piece.length
    if (size > info.narSize) throw bad('it is longer than its narinfo says')
    narHash.update(piece)
    writeFully(file, piece)
    onProgress?.({ phase, done: size, total: info.narSize, unit: 'bytes' })
  }
  if (size !== info.narSize) throw bad('it is shorter than its narinfo says')
  if (!narHash.digest().equals(info.narHash)) throw bad('its bytes do not hash to what was signed')
  if (info.fileSize !== undefined && fileSize !== info.fileSize) throw bad('the file is shorter than its narinfo says')
  if (info.fileHash !== undefined && !fileHash.digest().equals(info.fileHash)) throw bad('the file has another hash')
}
