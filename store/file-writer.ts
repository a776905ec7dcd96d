import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { writeFully, ZagiError } from '../base/index.ts'
import { decodeRecipe } from './blob.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { idAt, writeId } from './id.ts'
import { setDescriptorTime } from './native-times.ts'

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

const umask = process.umask()

/** A file to be made. */
export interface NewFile {
  /** Where nothing may be. */
  path: string
  /** Its id is the 32 bytes at `at`. */
  ids: Buffer
  at: number
  chunked: boolean
  size: number
  mode: number
  mtimeNs: bigint
}

/**
 * Makes a file from its chunks: content, then mode, then time, so that a file with the right time is whole.
 * @returns its inode
 * @throws ZagiError CHUNK_MISSING, CHUNK_CORRUPT, TREE_CORRUPT; system errors
 */
export function writeNewFile(file: NewFile, reader: ChunkReader): bigint {
  // Where the umask takes nothing from the mode, it can be given at once.
  const isModeGiven = (file.mode & (umask | 0o7000)) === 0
  const mode = isModeGiven ? file.mode : 0o600
  const descriptor = openSync(file.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    if (file.chunked) writeChunks(descriptor, file, reader)
    else if (file.size > 0) writeOne(descriptor, file, reader)
    if (!isModeGiven) fchmodSync(descriptor, file.mode)
    setDescriptorTime(descriptor, file.mtimeNs)
    return fstatSync(descriptor, { bigint: true }).ino
  } finally {
    closeSync(descriptor)
  }
}

function writeOne(descriptor: number, file: NewFile, reader: ChunkReader): void {
  const chunk = reader.read(file.ids, file.at) ?? failMissing(file, file.ids, file.at)
  if (chunk.length !== file.size) failSize(file, chunk.length)
  const written = writeSync(descriptor, chunk)
  if (written < chunk.length) writeFully(descriptor, chunk.subarray(written))
}

function writeChunks(descriptor: number, file: NewFile, reader: ChunkReader): void {
  const recipe = decodeRecipe(reader.read(file.ids, file.at) ?? failMissing(file, file.ids, file.at))
  if (recipe.size !== file.size) failSize(file, recipe.size)
  const id = Buffer.alloc(32)
  for (const part of recipe.chunks) {
    writeId(part.id, id, 0)
    const chunk = reader.read(id, 0) ?? failMissing(file, id, 0)
    if (chunk.length !== part.size) failSize(file, recipe.size)
    writeFully(descriptor, chunk)
  }
}

function failMissing(file: NewFile, ids: Buffer, at: number): never {
  throw new ZagiError('CHUNK_MISSING', `The chunk "${idAt(ids, at)}" of "${file.path}" is not in the store`, {
    hint: 'Fetch it from the remote: zagi pull',
  })
}

function failSize(file: NewFile, size: number): never {
  throw new ZagiError('TREE_CORRUPT', `The content of "${file.path}" has ${size} bytes instead of ${file.size}`, {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}
