import { closeSync, fchmodSync, futimesSync, openSync, readSync, writeSync } from 'node:fs'
import { writeFully, ZagiError } from '../base/index.ts'
import { decodeRecipe, type Store, type TreeEntry } from '../store/index.ts'
import { applyReferences, type Edit, editing, type Relocation } from './apply-references.ts'
import type { FileReferences } from './reference-tables.ts'
import { toolTime } from './tool-time.ts'

/** Writes one file of a tool; its bytes are verified by the store, then rewritten where `references` says so. */
export function writeToolFile(
  store: Store,
  entry: TreeEntry,
  path: string,
  rewriting: { references: FileReferences | undefined; relocation: Relocation; name: string },
): void {
  const { references, relocation, name } = rewriting
  const mode = (entry.mode & 0o111) === 0 ? 0o444 : 0o555
  const file = openSync(path, 'wx+', mode)
  try {
    if (entry.chunked) {
      writeChunks(store, entry, file, name)
      if (references) applyReferences(editingFile(file), references, relocation, name)
    } else if (entry.size > 0) {
      const bytes = store.read(entry.id)
      if (bytes.length !== entry.size) wrongSize(entry, name)
      // The store's bytes are a view on its own memory: not to be written to.
      const own = references ? Buffer.from(bytes) : bytes
      if (references) applyReferences(editing(own as Buffer), references, relocation, name)
      writeFully(file, own)
    } else if (references) applyReferences(editing(Buffer.alloc(0)), references, relocation, name)
    // The umask may have taken bits away, and the last write set the time.
    fchmodSync(file, mode)
    futimesSync(file, toolTime, toolTime)
  } finally {
    closeSync(file)
  }
}

// Chunk by chunk: a program of 100 MB is never held as a whole, and read once.
function writeChunks(store: Store, entry: TreeEntry, file: number, name: string): void {
  const { size, chunks } = decodeRecipe(store.read(entry.id))
  if (size !== entry.size) wrongSize(entry, name)
  for (const chunk of chunks) {
    const bytes = store.read(chunk.id)
    if (bytes.length !== chunk.size) wrongSize(entry, name)
    writeFully(file, bytes)
  }
}

function editingFile(file: number): Edit {
  return (offset, length, change) => {
    const buffer = Buffer.alloc(length)
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, length, offset))
    change(bytes)
    if (writeSync(file, bytes, 0, bytes.length, offset) !== bytes.length) {
      throw new ZagiError('DISK_FULL', 'A file could not be rewritten: the disk is full')
    }
  }
}

function wrongSize(entry: TreeEntry, name: string): never {
  throw new ZagiError('TREE_CORRUPT', `The file "${name}" does not have the ${entry.size} bytes that its tree promises`)
}
