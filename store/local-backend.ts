import { closeSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  ensureFolder,
  errnoOf,
  explainSystemError,
  fsyncFolder,
  temporaryBeside,
  throwIfInterrupted,
  writeFully,
} from '../base/index.ts'
import { checkKey, checkPrefix, exactly, failMissingKey, failMoved } from './backend-key.ts'
import type { Backend, GetOptions, PutOptions, StreamedBody } from './types.ts'
import { isVersionedName, readVersioned, replaceVersioned, versionedFolder } from './versioned-file.ts'

const pieceLength = 256 * 1024

/** Object storage in a folder, for any number of processes. See docs/formats/remote-layout.md. */
export function localBackend(folder: string): Backend {
  const address = `file://${folder}`
  const pathOf = (key: string) => join(folder, checkKey(key))

  async function* stream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    const path = pathOf(key)
    const file = await openIfPresent(path)
    if (file === undefined) {
      const versioned = readVersioned(versionedFolder(path)) ?? failMissingKey(key, address)
      const start = options.start ?? 0
      yield versioned.bytes.subarray(start, start + (options.length ?? versioned.bytes.length))
      return
    }
    try {
      yield* piecesOf(file, options)
    } catch (error) {
      throw explainSystemError(error, 'read', path)
    } finally {
      await file.close()
    }
  }

  return {
    address,
    stream,
    async get(key, options) {
      const pieces: Uint8Array[] = []
      for await (const piece of stream(key, options)) pieces.push(piece)
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    },
    async head(key) {
      const path = pathOf(key)
      const size = sizeOf(path) ?? readVersioned(versionedFolder(path))?.bytes.length
      return size === undefined ? undefined : { size }
    },
    async put(key, body, options) {
      const path = pathOf(key)
      if (sizeOf(path) === undefined) await putFile(path, body, options)
    },
    async getVersioned(key) {
      return readVersioned(versionedFolder(pathOf(key)))
    },
    async replace(key, bytes, expected) {
      ensureFolder(dirname(pathOf(key)))
      return replaceVersioned(versionedFolder(pathOf(key)), bytes, expected) ?? failMoved(key, address)
    },
    list(prefix) {
      const within = checkPrefix(prefix).slice(0, prefix.lastIndexOf('/') + 1)
      return walk(folder, within, prefix)
    },
    async remove(key) {
      rmSync(pathOf(key), { force: true })
      rmSync(versionedFolder(pathOf(key)), { recursive: true, force: true })
    },
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
    return undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw explainSystemError(error, 'read', path)
  }
}

async function* piecesOf(file: FileHandle, options: GetOptions): AsyncIterable<Uint8Array> {
  let at = options.start ?? 0
  const { size } = await file.stat()
  const end = Math.min(size, options.length === undefined ? size : at + options.length)
  while (at < end) {
    throwIfInterrupted(options.signal)
    const piece = Buffer.allocUnsafe(Math.min(end - at, pieceLength))
    const { bytesRead } = await file.read(piece, 0, piece.length, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}

function sizeOf(path: string): number | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isFile() ? stat.size : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw explainSystemError(error, 'read', path)
  }
}

/** Durable under its name at once and whole; a kill before leaves a temporary file. */
async function putFile(path: string, body: Uint8Array | StreamedBody, options: PutOptions = {}): Promise<void> {
  throwIfInterrupted(options.signal)
  ensureFolder(dirname(path))
  const temporary = temporaryBeside(path)
  try {
    const file = openSync(temporary, 'wx')
    try {
      if (body instanceof Uint8Array) writeFully(file, body)
      else {
        for await (const piece of exactly(body.size, body.open())) {
          throwIfInterrupted(options.signal)
          writeFully(file, piece)
        }
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    linkSync(temporary, path)
    fsyncFolder(dirname(path))
    fsyncFolder(dirname(dirname(path)))
  } catch (error) {
    // Somebody else put the same object at the same time.
    if (errnoOf(error) !== 'EEXIST') throw explainSystemError(error, 'write', path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

async function* walk(root: string, within: string, prefix: string): AsyncIterable<{ key: string; size: number }> {
  let entries: { name: string; isDirectory(): boolean; isFile(): boolean }[]
  try {
    entries = readdirSync(join(root, within), { withFileTypes: true })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return
    throw explainSystemError(error, 'list', join(root, within))
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = within + entry.name
    if (isVersionedName(entry.name)) {
      const key = path.slice(0, -1)
      const versioned = key.startsWith(prefix) ? readVersioned(join(root, path)) : undefined
      if (versioned !== undefined) yield { key, size: versioned.bytes.length }
    } else if (entry.isDirectory()) {
      if (`${path}/`.startsWith(prefix) || prefix.startsWith(`${path}/`)) yield* walk(root, `${path}/`, prefix)
    } else if (path.startsWith(prefix)) {
      const size = sizeOf(join(root, path))
      if (size !== undefined) yield { key: path, size }
    }
  }
}
