import type { InitOptions, Repository, RepositoryOptions } from './types.ts'

/** Makes `folder` a repository, or takes the Git repository that it is already. */
export function initRepository(_folder: string, _options: InitOptions): Repository {
  throw new Error('Bug: not written yet')
}

/** The repository whose working folder is `folder`; undefined where there is none. @throws ZagiError GIT_UNSUPPORTED */
export function openRepository(_folder: string, _options: RepositoryOptions): Repository | undefined {
  throw new Error('Bug: not written yet')
}
