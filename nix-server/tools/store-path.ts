import { isStoreName } from '../../envs/index.ts'

/** The only store folder whose tools can be relocated: every prefix in them has this length. */
export const storeFolder = '/nix/store'

/** Characters of the hash in a store path's base name. */
export const storeHashLength = 32

/** The base name of `/nix/store/<base name>`; undefined for every other text, also for paths below a store path. */
export function storeNameOf(path: unknown): string | undefined {
  if (typeof path !== 'string' || !path.startsWith(`${storeFolder}/`)) return undefined
  const name = path.slice(storeFolder.length + 1)
  return isStoreName(name) ? name : undefined
}

/** What a reader calls a store path: its name without the hash. */
export function plainName(name: string): string {
  return name.slice(storeHashLength + 1)
}

/** A store path as far as its content and its links to other paths go. */
export interface StorePathInfo {
  /** Base name. */
  name: string
  /** SHA-256 of its NAR. */
  narHash: Buffer
  narSize: number
  /** Base names of the store paths it names, itself included where it does; sorted. */
  references: string[]
}
