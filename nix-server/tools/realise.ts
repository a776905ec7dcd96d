import { join } from 'node:path'
import { ensureFolder, isZagiError, type LongOperation, throwIfInterrupted, ZagiError } from '../../base/index.ts'
import type { BinaryCache, CacheOptions, CachePlace } from './binary-cache.ts'
import type { CatalogEntry } from './catalog.ts'
import { NixProgress } from './nix-progress.ts'
import { parsePathInfo } from './path-info.ts'
import type { RealisedClosure } from './realised-closure.ts'
import { failed, type Nix, type NixRun, runNix } from './run-nix.ts'
import { storeFolder } from './store-path.ts'

export interface RealiseOptions {
  nix: Nix
  /** Garbage collector roots of what was realised are kept here. */
  roots: string
  /** Longest time for a build. */
  limitMs: number
  cache?: { options: CacheOptions; place: CachePlace; opened: BinaryCache } | undefined
  log(line: string): void
}

/**
 * Brings a tool's closure within reach: by its store path from the Nix store or from a binary cache, with or without Nix,
 * and only where that fails by evaluating and building.
 * @throws ZagiError TOOL_FAILED, MISSING_PROGRAM, SIGNATURE_BAD, NARINFO_BAD, NAR_BAD, INTERRUPTED
 */
export async function realise(
  entry: CatalogEntry,
  options: RealiseOptions,
  operation: LongOperation,
): Promise<RealisedClosure> {
  const root = join(options.roots, entry.path)
  ensureFolder(options.roots)
  try {
    await runWithProgress(options, operation, {
      program: 'nix-store',
      args: ['--realise', fullPath(entry.path), '--add-root', root, ...cacheArguments(options.cache?.options)],
    })
    return await fromNix(entry.path, options, operation)
  } catch (error) {
    throwIfInterrupted(operation.signal)
    const cached = await fromCache(entry, options, operation)
    if (cached !== undefined) return cached
    if (!isZagiError(error, 'TOOL_FAILED') || entry.installable === undefined) throw explainMissing(entry, error)
    options.log(`${entry.name}@${entry.version}: building, because it is not in the store: ${firstLine(error)}`)
  }
  await runWithProgress(options, operation, {
    args: ['build', ...entry.installable, '--out-link', root, '--no-write-lock-file'],
  })
  return fromNix(entry.path, options, operation)
}

async function runWithProgress(
  options: RealiseOptions,
  operation: LongOperation,
  run: Pick<NixRun, 'program' | 'args'>,
) {
  const progress = new NixProgress(operation.onProgress)
  try {
    await runNix(options.nix, {
      ...run,
      args: [...run.args, '--log-format', 'internal-json', '-v'],
      signal: operation.signal,
      limitMs: options.limitMs,
      onLine: (line) => progress.line(line),
    })
  } catch (error) {
    if (!isZagiError(error, 'TOOL_FAILED')) throw error
    // In plain words, instead of the JSON lines that runNix has seen.
    throw failed(error.message.split(':\n')[0]!, progress.log)
  }
}

async function fromNix(name: string, { nix }: RealiseOptions, { signal }: LongOperation): Promise<RealisedClosure> {
  const args = ['path-info', '--recursive', '--json', fullPath(name)]
  const infos = parsePathInfo(await runNix(nix, { args, signal, limitMs: 60_000 }))
  if (!infos.some((info) => info.name === name)) throw failed(`Nix does not name "${name}" in its own closure`, [])
  return { infos, source: { kind: 'nix' } }
}

async function fromCache(
  entry: CatalogEntry,
  { cache, log }: RealiseOptions,
  operation: LongOperation,
): Promise<RealisedClosure | undefined> {
  const infos = await cache?.opened.closure(entry.path, operation).catch((error: unknown) => {
    // A cache that is down must not keep the server from building; one that lies must not go unnoticed.
    const isDown = isZagiError(error, 'SERVER_UNREACHABLE') || isZagiError(error, 'SERVER_FAILED')
    if (!isDown || entry.installable === undefined) throw error
    log(`${entry.name}@${entry.version}: ${error.message}`)
    return undefined
  })
  if (cache === undefined || infos === undefined) return undefined
  return { infos, source: { kind: 'cache', options: cache.options, place: cache.place } }
}

function cacheArguments(cache: CacheOptions | undefined): string[] {
  if (cache === undefined) return []
  return ['--option', 'extra-substituters', cache.url, '--option', 'extra-trusted-public-keys', cache.keys.join(' ')]
}

function explainMissing(entry: CatalogEntry, error: unknown): unknown {
  if (!isZagiError(error, 'TOOL_FAILED')) return error
  return new ZagiError('TOOL_FAILED', `"${entry.name}@${entry.version}" is nowhere to be had: ${error.message}`, {
    hint: 'Neither the Nix store nor a binary cache has it, and the catalog does not say how to build it',
    cause: error,
  })
}

function fullPath(name: string): string {
  return `${storeFolder}/${name}`
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0]!
}
