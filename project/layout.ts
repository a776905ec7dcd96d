import { join } from 'node:path'
import type { SystemName } from '../base/index.ts'

/** Where a project keeps what, see docs/architecture.md. All paths are absolute. */
export interface Layout {
  zagi: string
  lock: string
  env: string
  state: string
  snapshots: string
  envLock: string
  /** Stat index of the dependency folders. */
  depsIndex: string
  /** Addresses of the remotes. */
  remotes: string
  /** Held while pointers, dependencies or tools change. */
  lockFile: string
  /** What an interrupted pull still has to bring onto the disk. */
  pending: string
  /** There while tools are being added or removed. */
  pendingTools: string
}

/** Project-relative path of the tools' lock file. */
export const envLockPath = '.zagi/lock/env.json'

/** True for the files that name the parts of a commit: they are told as parts, not as source. */
export function isPointerPath(path: string): boolean {
  return path.startsWith('.zagi/lock/')
}

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
    env: join(zagi, 'env'),
    state,
    snapshots: join(zagi, 'snapshots'),
    envLock: join(project, envLockPath),
    depsIndex: join(state, 'deps.index'),
    remotes: join(state, 'remotes.json'),
    lockFile: join(state, 'project.lock'),
    pending: join(state, 'pending.json'),
    pendingTools: join(state, 'pending-tools'),
  }
}
