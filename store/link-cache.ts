import {
  type BigIntStats,
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoint, errnoOf } from '../base/index.ts'
import { setPathTime } from './native-times.ts'
import { temporaryName } from './temporary-name.ts'
import type { Id } from './types.ts'

/** Which extracted file is meant: equal content with another time or another executable bit is another file. */
export interface CacheKey {
  id: Id
  mtimeNs: bigint
  /** Permission bits as the tree has them, see {@link sharedMode}. */
  mode: number
  size: number
}

/** How files are shared: by hard link (read-only), by copy-on-write clone (private and writable at once), or not at all. */
export type Sharing = 'link' | 'clone' | 'none'

/**
 * What became of an attempt to share a project's file. `alone`: its content is in the cache already with an inode of its
 * own, so the file only became read-only, as it would come back. `later`: the file was touched meanwhile.
 */
export type Adoption = 'linked' | 'alone' | 'cloned' | 'refused' | 'later'

const writeBits = 0o222

/** The mode that a tree records for a shared file: write bits are not content, because sharing takes them away. */
export function sharedMode(mode: number): number {
  return (mode & 0o7555) | 0o200
}

/** True for a file that can be shared: not empty, with an ordinary mode, read by all. */
export function isLinkable(mode: number, size: number, mtimeNs: bigint): boolean {
  const readOnly = mode & ~writeBits
  return size > 0 && mtimeNs >= 0n && (readOnly === 0o444 || readOnly === 0o555)
}

/**
 * Extracted files of a store, shared with projects: `cache/<ab>/<id>-<mtime in ns, base 36>[x]`, "x" for executable ones.
 * Disposable: what is missing is made again from the packs. Any number of processes may use one cache at once.
 */
export class LinkCache {
  readonly #folder: string
  #sharing: Sharing | undefined

  /** @param link a store's setting, or what another thread found out */
  constructor(storeFolder: string, link: 'auto' | 'copy' | Sharing) {
    this.#folder = join(storeFolder, 'cache')
    if (link !== 'auto') this.#sharing = link === 'copy' ? 'none' : link
  }

  /** The device of the cache: only files on the same one can be shared. Undefined where nothing is shared. */
  get device(): bigint | undefined {
    if (this.#sharing === 'none') return undefined
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      return statSync(this.#folder, { bigint: true }).dev
    } catch {
      // A store that cannot be written can still be read: everything is copied.
      return undefined
    }
  }

  /** Found out by trying, once. */
  get sharing(): Sharing {
    this.#sharing ??= this.#probe()
    return this.#sharing
  }

  path(key: CacheKey): string {
    const executable = (key.mode & 0o111) !== 0
    return join(this.#folder, key.id.slice(0, 2), `${key.id}-${key.mtimeNs.toString(36)}${executable ? 'x' : ''}`)
  }

  /**
   * Shares a project's own file that was just read: links it into the cache and clears its write bits, or clones it.
   * The caller has made sure that nobody else holds its inode.
   */
  adopt(file: string, key: CacheKey, inode: bigint): Adoption {
    if (this.sharing === 'none') return 'refused'
    const cached = this.path(key)
    if (this.sharing === 'clone') return this.#clone(file, cached, key, inode)
    const errno = this.#tryInFolder(cached, () => linkSync(file, cached))
    if (errno === 'EEXIST') {
      chmodSync(file, key.mode & ~writeBits)
      return 'alone'
    }
    if (errno !== undefined) return 'refused'
    const stat = lstatSync(cached, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined || stat.ino !== inode || !hasContent(stat, key)) {
      rmSync(cached, { force: true })
      return 'later'
    }
    chmodSync(cached, key.mode & ~writeBits)
    crashPoint('cache:linked')
    return 'linked'
  }

  #clone(file: string, cached: string, key: CacheKey, inode: bigint): Adoption {
    const temporary = join(dirname(cached), temporaryName())
    const errno = this.#tryInFolder(cached, () =>
      copyFileSync(file, temporary, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL),
    )
    if (errno !== undefined) return 'refused'
    chmodSync(temporary, key.mode & ~writeBits)
    setPathTime(temporary, key.mtimeNs)
    const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined || stat.ino !== inode || !hasContent(stat, key)) {
      rmSync(temporary, { force: true })
      return 'later'
    }
    renameSync(temporary, cached)
    crashPoint('cache:linked')
    return 'cloned'
  }

  /**
   * Puts a cached file at `target`, which must not exist. The cached file's stat is compared with its name before:
   * one that was written to in place is dropped.
   * @returns the inode at the target; undefined where there is no good cached file, or it cannot be shared with that place
   * @throws a system error about the target
   */
  place(key: CacheKey, target: string): bigint | undefined {
    if (this.sharing === 'none') return undefined
    const cached = this.path(key)
    const stat = lstatSync(cached, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return undefined
    if (!hasContent(stat, key) || (Number(stat.mode) & 0o7555) !== (key.mode & 0o555)) {
      rmSync(cached, { force: true })
      return undefined
    }
    if ((Number(stat.mode) & writeBits) !== 0) chmodSync(cached, key.mode & ~writeBits)
    try {
      if (this.sharing === 'link') {
        linkSync(cached, target)
        return stat.ino
      }
      copyFileSync(cached, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
      chmodSync(target, key.mode)
      setPathTime(target, key.mtimeNs)
      return lstatSync(target, { bigint: true }).ino
    } catch (error) {
      const errno = errnoOf(error)
      if (cannotShare.has(errno ?? '') || errno === 'ENOENT') return undefined
      throw error
    }
  }

  /**
   * Keeps a file that was just written, read-only and with its time, for the next ones.
   * @returns false where it stays the only one: the content is there already, or sharing is refused
   */
  keep(file: string, key: CacheKey): boolean {
    if (this.sharing !== 'link') return false
    const cached = this.path(key)
    return this.#tryInFolder(cached, () => linkSync(file, cached)) === undefined
  }

  /** Forgets a cached file whose inode was written to in place; one with another inode is another file. */
  drop(key: CacheKey, inode: bigint): void {
    const cached = this.path(key)
    const stat = lstatSync(cached, { bigint: true, throwIfNoEntry: false })
    if (stat?.ino === inode) rmSync(cached, { force: true })
  }

  /** True when the cached file is this very inode, which makes it ours. */
  holds(key: CacheKey, inode: bigint): boolean {
    return lstatSync(this.path(key), { bigint: true, throwIfNoEntry: false })?.ino === inode
  }

  // One folder of 256 may be missing: made where it is. Answers the errno of what is in the way of sharing.
  #tryInFolder(cached: string, action: () => void): string | undefined {
    for (let attempt = 0; ; attempt++) {
      try {
        action()
        return undefined
      } catch (error) {
        const errno = errnoOf(error)
        if (errno === 'ENOENT' && attempt === 0) mkdirSync(dirname(cached), { recursive: true })
        else if (errno === 'EEXIST' || errno === 'ENOENT' || cannotShare.has(errno ?? '')) return errno
        else throw error
      }
    }
  }

  #probe(): Sharing {
    const [from, to] = [join(this.#folder, temporaryName()), join(this.#folder, temporaryName())]
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(from, new Uint8Array(8192), { flag: 'wx' })
      try {
        copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
        return 'clone'
      } catch {}
      linkSync(from, to)
      return 'link'
    } catch {
      return 'none'
    } finally {
      rmSync(from, { force: true })
      rmSync(to, { force: true })
    }
  }
}

/** Answers that mean "not here" rather than "broken": other device, too many links, no such operation, not allowed. */
const cannotShare = new Set([
  'EXDEV',
  'EMLINK',
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'ENOTTY',
])

function hasContent(stat: BigIntStats, key: CacheKey): boolean {
  return stat.isFile() && Number(stat.size) === key.size && stat.mtimeNs === key.mtimeNs
}
