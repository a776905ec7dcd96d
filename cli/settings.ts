import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { ZagiError, zagiHome } from '../base/index.ts'
import type { User } from '../project/index.ts'

type Variables = Record<string, string | undefined>

/** What the environment variables say, read once at the start. */
export interface Settings {
  user: User
  editor: string | undefined
  /** The user's login shell. */
  shell: string | undefined
  /** The folder that commands work in. */
  folder: string
  /** Where `zagi run` and `zagi env` start from. */
  environment: Variables
}

/** Reads the settings. @throws ZagiError USAGE where there is no home folder to work with */
export function readSettings(env: Variables): Settings {
  const homeFolder = findHome(env)
  const account = loginName(env)
  return {
    user: {
      home: zagiHome(absolute('ZAGI_HOME', env['ZAGI_HOME']) ?? join(homeFolder, '.zagi')),
      homeFolder,
      runtimeFolder: nonEmpty(env['XDG_RUNTIME_DIR']),
      fallbackPerson: { name: account, email: `${account}@${hostname() || 'localhost'}` },
      server: nonEmpty(env['ZAGI_SERVER']),
      token: nonEmpty(env['ZAGI_TOKEN']),
    },
    editor: nonEmpty(env['EDITOR']),
    shell: nonEmpty(env['SHELL']),
    folder: currentFolder(),
    environment: env,
  }
}

/** NO_COLOR counts when it is not empty, see no-color.org. */
export function wantsColor(env: Variables): boolean {
  return nonEmpty(env['NO_COLOR']) === undefined && env['TERM'] !== 'dumb'
}

function findHome(env: Variables): string {
  const folder = absolute('HOME', env['HOME']) ?? account()?.homedir
  if (folder) return folder
  throw new ZagiError('USAGE', 'There is no home folder: HOME is not set', {
    hint: 'Set HOME, or ZAGI_HOME to a folder for what zagi keeps',
  })
}

function loginName(env: Variables): string {
  return nonEmpty(env['USER']) ?? (account()?.username || 'unknown')
}

// Fails for a user id without an entry in the user database, as in containers.
function account(): { homedir: string; username: string } | undefined {
  try {
    return userInfo()
  } catch {
    return undefined
  }
}

function absolute(name: string, path: string | undefined): string | undefined {
  const folder = nonEmpty(path)
  if (folder === undefined || folder.startsWith('/')) return folder
  throw new ZagiError('USAGE', `${name} is "${folder}", which is not an absolute path`, {
    hint: `Set ${name} to a path that starts with "/"`,
  })
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    throw new ZagiError('FILE_NOT_FOUND', 'The current folder no longer exists', { hint: 'Change to another folder' })
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
