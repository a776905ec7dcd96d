import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { initRepository, type Repository, type RepositoryOptions } from '../../history/index.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Git, gitIn } from './git-program.ts'

export const author = { name: 'Ada', email: 'ada@example.com' }

/** Options with a clock that moves on a second with each look. */
export function steadyClock(): RepositoryOptions {
  let now = 1_710_000_000_000
  return {
    now() {
      now += 1000
      return now
    },
  }
}

/** A new project with a repository made by zagi, and git to look at it with. */
export function zagiRepository(): { folder: string; git: Git; repository: Repository } {
  const folder = join(temporaryFolder('history'), 'project')
  mkdirSync(folder)
  const repository = initRepository(folder, { ...steadyClock(), branch: 'main' })
  return { folder, git: gitIn(folder), repository }
}
