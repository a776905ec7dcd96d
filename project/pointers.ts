import { isZagiError, ZagiError } from '../base/index.ts'
import { type DepsPointer, parseDepsPointer } from '../deps/index.ts'
import { type EnvLock, parseEnvLock } from '../envs/index.ts'
import type { Repository } from '../history/index.ts'
import { depsPointerPath, envLockPath } from './layout.ts'

/** What one commit names besides its source. */
export interface Parts {
  /** Dependencies, one pointer a system. */
  deps: DepsPointer[]
  env: EnvLock
}

/** The parts of a commit. No commit has no parts. @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW */
export function partsOf(repository: Repository, commit: string | undefined): Parts {
  if (commit === undefined) return noParts
  const deps: DepsPointer[] = []
  for (const entry of repository.readFolder(commit, '.zagi/lock') ?? []) {
    if (!/^deps\.[a-z0-9-]+\.json$/.test(entry.name)) continue
    const bytes = repository.readFile(commit, `.zagi/lock/${entry.name}`)
    const pointer = bytes && parseDepsPointer(bytes)
    if (pointer === undefined || depsPointerPath(pointer.system) !== `.zagi/lock/${entry.name}`) {
      throw new ZagiError(
        'MANIFEST_CORRUPT',
        `".zagi/lock/${entry.name}" of the commit is no pointer for that system`,
        {
          hint: 'Take the file from an earlier commit, or commit the dependencies again',
        },
      )
    }
    deps.push(pointer)
  }
  const env = repository.readFile(commit, envLockPath)
  return { deps, env: env === undefined ? noTools : parseEnvLock(env) }
}

/** As {@link partsOf}, of a commit that nothing depends on: one whose pointers cannot be read has no parts. */
export function readablePartsOf(repository: Repository, commit: string | undefined): Parts {
  try {
    return partsOf(repository, commit)
  } catch (error) {
    if (isZagiError(error, 'MANIFEST_CORRUPT') || isZagiError(error, 'FORMAT_TOO_NEW')) return noParts
    throw error
  }
}

const noTools: EnvLock = { version: 1, tools: {} }

/** What a project without any commit has. */
export const noParts: Parts = { deps: [], env: noTools }
