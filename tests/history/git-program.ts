import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

/** Runs the real git in a folder, away from the configuration of whoever runs the tests. Answers what it printed. */
export type Git = (...words: string[]) => string

/** `seconds` moves the clock of each commit on, so that commits have an order. */
export function gitIn(folder: string): Git {
  const home = temporaryFolder('git-home')
  let seconds = 1_700_000_000
  return (...words) => {
    seconds += 60
    const date = `${seconds} +0100`
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Grace',
      GIT_AUTHOR_EMAIL: 'grace@example.com',
      GIT_COMMITTER_NAME: 'Grace',
      GIT_COMMITTER_EMAIL: 'grace@example.com',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
      GIT_EDITOR: 'true',
      ...(process.env['GIT_INDEX_FILE'] === undefined ? {} : { GIT_INDEX_FILE: process.env['GIT_INDEX_FILE'] }),
    }
    const options = ['-c', 'init.defaultBranch=main', '-c', 'protocol.file.allow=always', ...words]
    return execFileSync('git', options, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

/** A new folder with an empty Git repository made by git. */
export function gitRepository(): { folder: string; git: Git } {
  const folder = join(temporaryFolder('history'), 'repository')
  mkdirSync(folder)
  const git = gitIn(folder)
  git('init', '-q')
  return { folder, git }
}
