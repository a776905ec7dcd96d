import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { ensureFolder, explaining, ZagiError } from '../base/index.ts'
import { trustProject } from '../envs/index.ts'
import { initRepository } from '../history/index.ts'
import { layoutOf } from './layout.ts'
import { openUserStore, type Project, registerProject, repositoryOptions } from './project.ts'
import type { User } from './user.ts'

/**
 * Makes a folder a project: a Git repository (an existing one is taken as it is) with a working change, trusted by this user.
 * @throws ZagiError ALREADY_A_PROJECT, GIT_UNSUPPORTED, NOT_WRITABLE
 */
export function initProject(user: User, folder: string): Project {
  ensureFolder(folder)
  const root = realpathSync(folder)
  if (existsSync(layoutOf(root).state)) {
    throw new ZagiError('ALREADY_A_PROJECT', `"${root}" is a zagi project already`, {
      hint: 'See its state with: zagi status',
    })
  }
  checkWritable(root)
  return makeProject(user, root, root)
}

/** Tells at once, and about the folder that the user named, what would fail below it later. @throws ZagiError NOT_WRITABLE */
export function checkWritable(folder: string): void {
  explaining('write into', folder, () => accessSync(folder, constants.W_OK))
}

/** The common half of init and clone: everything but the content. `place` is where the folder will lie in the end. */
export function makeProject(user: User, folder: string, place: string): Project {
  const repository = initRepository(folder, { ...repositoryOptions(user), branch: 'main' })
  repository.setExcludes([])
  ensureFolder(layoutOf(folder).lock)
  ensureFolder(layoutOf(folder).state, 0o700)
  trustProject(user.home, folder)
  registerProject(user, place)
  return { folder, place, user, repository, store: openUserStore(user) }
}
