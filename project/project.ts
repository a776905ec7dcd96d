import { createHash } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureFolder, writeFileAtomic, ZagiError } from '../base/index.ts'
import { openRepository, type Repository, type WorkingCopyOptions } from '../history/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { layoutOf } from './layout.ts'
import type { User } from './user.ts'

/** One project on this machine: its folder, its history, the user's store. */
export interface Project {
  folder: string
  /** Where the project will lie: differs from `folder` only while a clone is being put together. */
  place: string
  user: User
  repository: Repository
  store: Store
}

/** The folder of the project that `start` lies in, or undefined. */
export function findProject(start: string): string | undefined {
  return findAbove(start, (folder) => existsSync(layoutOf(folder).state))
}

function findAbove(start: string, matches: (folder: string) => boolean): string | undefined {
  for (let folder = realpathSync(start); ; folder = dirname(folder)) {
    if (matches(folder)) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** Opens the project that `start` lies in. @throws ZagiError NOT_A_PROJECT */
export function openProject(user: User, start: string): Project {
  const folder = findProject(start)
  if (folder === undefined) {
    throw notAProject(start)
  }
  const repository = openRepository(folder, repositoryOptions(user))
  if (repository === undefined) {
    throw new ZagiError('NOT_A_PROJECT', `"${folder}" has a .zagi folder but no Git repository`, {
      hint: 'Make the repository again with: zagi init',
    })
  }
  return { folder, place: folder, user, repository, store: openUserStore(user) }
}

function notAProject(start: string): ZagiError {
  // Plain Git brings what is tracked, and takes away what is not.
  const tracked = findAbove(start, (folder) => existsSync(layoutOf(folder).lock))
  if (tracked !== undefined) {
    return new ZagiError('NOT_A_PROJECT', `"${tracked}" is a project, but it was not set up on this machine`, {
      hint: 'Set it up with: zagi init, then bring its dependencies and tools with: zagi restore',
    })
  }
  return new ZagiError('NOT_A_PROJECT', `"${start}" is not in a zagi project`, {
    hint: 'Make one with: zagi init, or bring one here with: zagi clone OWNER/NAME',
  })
}

export function openUserStore(user: User): Store {
  ensureFolder(user.home.root, 0o700)
  return openStore(user.home.store)
}

export function repositoryOptions(user: User) {
  return { now: Date.now, userConfig: join(user.homeFolder, '.gitconfig') }
}

/** Lets commands that look after all projects (garbage, healing) find this one. */
export function registerProject(user: User, folder: string): void {
  ensureFolder(user.home.projects, 0o700)
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  writeFileAtomic(join(user.home.projects, name), folder)
}

/** What history must know of a project: which files are not source, and who is at work. */
export function workingCopy(project: Project, dependencyFolders: string[], command: string): WorkingCopyOptions {
  const folders = new Set(dependencyFolders)
  return {
    author: project.user.fallbackPerson,
    command,
    isSource: (path) => !folders.has(path) && !isMachineOnly(path),
  }
}

// Below .zagi only what names the parts, and the encrypted secrets, belong to the history; not what a kill left there.
function isMachineOnly(path: string): boolean {
  if (/\/\.zagi\/(?:state|env|data|snapshots)(?:\/|$)/.test(path)) return true
  if (!path.startsWith('.zagi/') || path === '.zagi/lock' || path === '.zagi/secrets.enc') return false
  return !path.startsWith('.zagi/lock/') || path.startsWith('.zagi/lock/.tmp-')
}
