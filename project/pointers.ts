import { type DepsPointer, parseDepsPointer } from '../deps/index.ts'
import { type EnvLock, parseEnvLock } from '../envs/index.ts'
import type { Repository } from '../history/index.ts'
import { envLockPath } from './layout.ts'

/** What one commit names besides its source. */
export interface Parts {
  /** Dependencies, one pointer a system. */
  deps: DepsPointer[]
  env: EnvLock
}

/** The parts of a commit. No commit has no parts. @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function partsOf(repository: Repository, commit: string | undefined): Parts {
  if (commit === undefined) return { deps: [], env: noTools }
  const deps: DepsPointer[] = []
  for (const entry of repository.readFolder(commit, '.zagi/lock') ?? []) {
    if (!/^deps\.[a-z0-9-]+\.json$/.test(entry.name)) continue
    const bytes = repository.readFile(commit, `.zagi/lock/${entry.name}`)
    if (bytes !== undefined) deps.push(parseDepsPointer(bytes))
  }
  const env = repository.readFile(commit, envLockPath)
  return { deps, env: env === undefined ? noTools : parseEnvLock(env) }
}

const noTools: EnvLock = { version: 1, tools: {} }
