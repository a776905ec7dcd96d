import { type BigIntStats, lstatSync, statSync } from 'node:fs'
import { errnoOf, explainSystemError, throwIfInterrupted, ZagiError } from '../base/index.ts'
import { type EntryTable, flagOwn, flagScaffold, kindFile, kindLink, kindTree } from './entry-table.ts'
import { comparePaths, sortNames } from './path-order.ts'
import { namesIn, readTarget } from './read-names.ts'
import { isReservedName } from './reserved-name.ts'
import { isTemporaryName } from './temporary-name.ts'

export interface ScanOptions {
  /** Folders that are scanned whole; the table then holds just the path down to each and them. Default: everything. */
  only?: readonly string[] | undefined
  /** Leave out wanted folders that are not there, or whose place something else has; default: that is an error. */
  mayLack?: boolean | undefined
  exclude?: ((path: string, isFolder: boolean) => boolean) | undefined
  /** Files of this user on this device get `flagOwn`. */
  device?: bigint | undefined
  signal?: AbortSignal | undefined
  /** Called with each entry as soon as it is in the table. */
  onEntry?: ((at: number) => void) | undefined
}

interface Scan extends ScanOptions {
  table: EntryTable
  uid: bigint
  /** `folder/` on disk. */
  prefix: string
}

const format = 0o170000
const regular = 0o100000
const folder = 0o040000
const link = 0o120000

/**
 * Looks at a folder on disk and fills an empty table: every entry with its stat, nothing read, links not followed. What vanishes meanwhile is
 * left out, and so are names that can never come from a tree (see `isReservedName`) and our own temporary folders.
 * @throws ZagiError FILE_TYPE (FIFO, socket, device), NAME_NOT_UTF8, NOT_READABLE, FILE_NOT_FOUND, INTERRUPTED
 */
export function scanFolder(root: string, table: EntryTable, options: ScanOptions = {}): void {
  const scan: Scan = { ...options, table, prefix: root.endsWith('/') ? root : `${root}/`, uid: ownUid() }
  const only = options.only && wantedFolders(options.only)
  table.push('', kindTree)
  setStat(scan, 0, rootStat(root))
  scan.onEntry?.(0)
  if (only === undefined) scanInto(scan, 0)
  else scanScaffold(scan, 0, only)
}

function ownUid(): bigint {
  return BigInt(process.getuid?.() ?? 0)
}

function rootStat(root: string): BigIntStats {
  try {
    const stat = statSync(root, { bigint: true })
    if (stat.isDirectory()) return stat
  } catch (error) {
    throw explainSystemError(error, 'read the folder', root)
  }
  throw new ZagiError('FILE_TYPE', `"${root}" is not a folder`, { hint: 'Name a folder' })
}

/** Checks `only` and answers it sorted, without folders that lie in others; undefined where it asks for everything. */
export function wantedFolders(only: readonly string[]): string[] | undefined {
  const wanted: string[] = []
  for (const path of [...only].sort(comparePaths)) {
    if (path === '' || path === '.') return undefined
    if (path.split('/').some((name) => name === '' || name === '.' || name === '..')) {
      throw new ZagiError('PATH_UNSAFE', `"${path}" is not the path of a folder below the one to be saved`)
    }
    const last = wanted.at(-1)
    if (last === undefined || (path !== last && !path.startsWith(`${last}/`))) wanted.push(path)
  }
  return wanted
}

function scanScaffold(scan: Scan, at: number, wanted: readonly string[]): void {
  const { table, prefix } = scan
  const path = table.paths[at]!
  table.flags[at]! |= flagScaffold
  const names = new Set(wanted.map((folder) => folder.slice(path === '' ? 0 : path.length + 1).split('/')[0]!))
  for (const name of sortNames([...names])) {
    const child = path === '' ? name : `${path}/${name}`
    const stat = folderStat(prefix + child, scan.mayLack)
    if (stat === undefined) continue
    const entry = table.push(child, kindTree)
    setStat(scan, entry, stat)
    scan.onEntry?.(entry)
    if (wanted.includes(child)) {
      scanInto(scan, entry)
    } else {
      scanScaffold(
        scan,
        entry,
        wanted.filter((folder) => folder.startsWith(`${child}/`)),
      )
    }
  }
  table.ends[at] = table.count
}

function folderStat(path: string, mayLack: boolean | undefined): BigIntStats | undefined {
  try {
    const stat = lstatSync(path, { bigint: true })
    if (stat.isDirectory()) return stat
    if (mayLack) return undefined
  } catch (error) {
    if (mayLack && (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')) return undefined
    throw explainSystemError(error, 'read the folder', path)
  }
  throw new ZagiError('FILE_TYPE', `"${path}" is not a folder`, { hint: 'Name a folder, not a link to one' })
}

function scanInto(scan: Scan, at: number): void {
  const { table, prefix } = scan
  throwIfInterrupted(scan.signal)
  const path = table.paths[at]!
  const parentName = table.name(at)
  const inside = path === '' ? '' : `${path}/`
  for (const name of namesIn(prefix + path)) {
    if (isReservedName(parentName, name) || isTemporaryName(name)) continue
    const child = inside + name
    const stat = lstatIfPresent(prefix + child)
    if (stat === undefined) continue
    const kind = Number(stat.mode) & format
    if (scan.exclude?.(child, kind === folder)) continue
    if (kind === regular) {
      const entry = table.push(child, kindFile)
      setStat(scan, entry, stat)
      scan.onEntry?.(entry)
    } else if (kind === folder) {
      const entry = table.push(child, kindTree)
      setStat(scan, entry, stat)
      scan.onEntry?.(entry)
      scanInto(scan, entry)
    } else if (kind === link) {
      addLink(scan, child, stat)
    } else {
      throw wrongType(prefix + child, stat)
    }
  }
  table.ends[at] = table.count
}

function addLink(scan: Scan, path: string, stat: BigIntStats): void {
  const target = readTarget(scan.prefix + path)
  if (target === undefined) return
  const entry = scan.table.push(path, kindLink)
  setStat(scan, entry, stat)
  scan.table.modes[entry] = 0o777
  scan.table.targets.set(entry, target)
  scan.table.sizes[entry] = Buffer.byteLength(target)
  scan.onEntry?.(entry)
}

function setStat(scan: Scan, at: number, stat: BigIntStats): void {
  const { table } = scan
  table.modes[at] = Number(stat.mode) & 0o7777
  table.mtimes[at] = stat.mtimeNs
  table.inodes[at] = stat.ino
  if (table.kinds[at] === kindTree) return
  table.sizes[at] = Number(stat.size)
  table.links[at] = Number(stat.nlink)
  if (stat.dev === scan.device && stat.uid === scan.uid) table.flags[at]! |= flagOwn
}

/** The stat of an entry, not following links; undefined where there is none. @throws ZagiError NOT_READABLE, … */
export function lstatIfPresent(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw explainSystemError(error, 'read', path)
  }
}

function wrongType(path: string, stat: BigIntStats): ZagiError {
  const what = stat.isFIFO() ? 'a FIFO' : stat.isSocket() ? 'a socket' : 'a device'
  return new ZagiError('FILE_TYPE', `"${path}" is ${what}, which cannot be saved`, {
    hint: 'Remove it or leave it out: only files, folders and symbolic links are saved',
  })
}
