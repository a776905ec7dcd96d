import { join } from 'node:path'
import type { SystemName } from '../base/index.ts'

/** Where a project keeps what, see docs/architecture.md. All paths are absolute. */
export interface Layout {
  zagi: string
  lock: string
  state: string
  snapshots: string
  envLock: string
  /** Stat index of the dependency folders. */
  depsIndex: string
  /** Addresses of the remotes. */
  remotes: string
  /** What an interrupted pull still has to bring onto the disk. */
  pending: string
}

/** Project-relative path of the tools' lock file. */
export const envLockPath = '.zagi/lock/env.json'

/** Project-relative path of the dependency pointer of one system. */
export function depsPointerPath(system: SystemName): string {
  return `.zagi/lock/deps.${system}.json`
}

export function layoutOf(project: string): Layout {
  const zagi = join(project, '.zagi')
  const state = join(zagi, 'state')
  return {
    zagi,
    lock: join(zagi, 'lock'),
    state,
    snapshots: join(zagi, 'snapshots'),
    envLock: join(project, envLockPath),
    depsIndex: join(state, 'deps.index'),
    remotes: join(state, 'remotes.json'),
    pending: join(state, 'pending.json'),
  }
}
