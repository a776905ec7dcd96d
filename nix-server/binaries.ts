import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ensureFolder, isPackaged, type SystemName, temporaryBeside, thisSystem } from '../base/index.ts'
import type { InstallableBinary } from './installer-script.ts'

/** The compressed programs that this server hands out. */
export interface Binaries {
  /** All there are, with their checksums. */
  list(): Promise<InstallableBinary[]>
  /** The compressed file for a system. */
  find(system: SystemName): Promise<{ file: string; size: number; sha256: string } | undefined>
}

export interface BinariesOptions {
  /** A folder with `zagi-<system>.gz` or `zagi-<system>`; looked into at each request. */
  folder: string | undefined
  /** Where programs that are not compressed yet are kept compressed. Disposable. */
  cache: string
}

const systems: SystemName[] = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']

/** The binaries in a folder and, inside the packaged binary, this very program. */
export function openBinaries(options: BinariesOptions): Binaries {
  // By file, size and time: a program is compressed and read for its checksum once.
  const known = new Map<string, Promise<{ file: string; size: number; sha256: string }>>()
  const prepare = (system: SystemName, file: string, compressed: boolean) => {
    const { size, mtimeMs } = statSync(file)
    const stamp = `${size}-${Math.floor(mtimeMs)}`
    const key = `${file} ${stamp}`
    let found = known.get(key)
    if (found === undefined) {
      const ready = compressed
        ? Promise.resolve(file)
        : compress(file, join(options.cache, `zagi-${system}-${stamp}.gz`))
      found = ready.then(describe)
      known.set(key, found)
      found.catch(() => known.delete(key))
    }
    return found
  }
  const find: Binaries['find'] = async (system) => {
    const plain = options.folder === undefined ? undefined : join(options.folder, `zagi-${system}`)
    if (plain !== undefined && existsSync(`${plain}.gz`)) return prepare(system, `${plain}.gz`, true)
    if (plain !== undefined && existsSync(plain)) return prepare(system, plain, false)
    return isPackaged && system === thisSystem() ? prepare(system, process.execPath, false) : undefined
  }
  return {
    find,
    async list() {
      const all: InstallableBinary[] = []
      for (const system of systems) {
        const found = await find(system)
        if (found) all.push({ system, path: `bin/zagi-${system}.gz`, sha256: found.sha256, size: found.size })
      }
      return all
    },
  }
}

/** Compresses `file` to `target`, unless that is there from an earlier run. */
async function compress(file: string, target: string): Promise<string> {
  if (existsSync(target)) return target
  ensureFolder(join(target, '..'), 0o700)
  const temporary = temporaryBeside(target)
  try {
    await pipeline(createReadStream(file), createGzip(), createWriteStream(temporary))
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
  return target
}

async function describe(file: string): Promise<{ file: string; size: number; sha256: string }> {
  const sum = createHash('sha256')
  let size = 0
  for await (const piece of createReadStream(file)) {
    sum.update(piece as Buffer)
    size += (piece as Buffer).length
  }
  return { file, size, sha256: sum.digest('hex') }
}
