import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { ensureFolder, readFileIfPresent, writeFileAtomic, type ZagiHome } from '../base/index.ts'

/** Bytes of a chunk id. */
const idLength = 32

/** The chunk ids that the last `zagi chunk` found in a folder; undefined where there was none. */
export function readChunkRun(home: ZagiHome, folder: string): Set<string> | undefined {
  const bytes = readFileIfPresent(fileOf(home, folder))
  // A damaged file only costs the comparison.
  if (bytes === undefined || bytes.length % idLength !== 0) return undefined
  const ids = new Set<string>()
  for (let at = 0; at < bytes.length; at += idLength) ids.add(bytes.toString('hex', at, at + idLength))
  return ids
}

/** Keeps the ids for the next run: 32 bytes each, nothing else. */
export function writeChunkRun(home: ZagiHome, folder: string, ids: Iterable<string>): void {
  ensureFolder(home.root, 0o700)
  ensureFolder(join(home.root, 'chunk-runs'))
  writeFileAtomic(fileOf(home, folder), Buffer.from([...ids].join(''), 'hex'))
}

function fileOf(home: ZagiHome, folder: string): string {
  return join(home.root, 'chunk-runs', createHash('sha256').update(folder).digest('hex').slice(0, 32))
}
