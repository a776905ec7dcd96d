import { userInfo } from 'node:os'
import { join } from 'node:path'
import { ZagiError, type ZagiHome, zagiHome } from '../base/index.ts'

/** What the environment variables say, read once at the start. */
export interface Settings {
  home: ZagiHome
  /** The user's home folder. */
  userFolder: string
  /** Login name, for the author of commits where nothing else says who it is. */
  user: string
  /** ZAGI_TOKEN: goes before every stored token. */
  token: string | undefined
  /** ZAGI_SERVER: goes before the stored default server. */
  server: string | undefined
  editor: string | undefined
  /** The folder that commands work in. */
  folder: string
  /** NO_COLOR is not set and the terminal is not a dumb one. */
  color: boolean
  /** ZAGI_DEBUG=1: errors come with their stack. */
  debug: boolean
  /** Where `zagi run` and `zagi env` start from. */
  environment: Record<string, string | undefined>
}

/** Reads the settings. @throws ZagiError USAGE where there is no home folder to work with */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const userFolder = homeFolder(env)
  return {
    home: zagiHome(absolute('ZAGI_HOME', env['ZAGI_HOME']) ?? join(userFolder, '.zagi')),
    userFolder,
    user: nonEmpty(env['USER']) ?? loginName() ?? 'unknown',
    token: nonEmpty(env['ZAGI_TOKEN']),
    server: nonEmpty(env['ZAGI_SERVER']),
    editor: nonEmpty(env['EDITOR']),
    folder: currentFolder(),
    color: wantsColor(env),
    debug: env['ZAGI_DEBUG'] === '1',
    environment: env,
  }
}

/** NO_COLOR counts when it is not empty, see no-color.org. */
export function wantsColor(env: Record<string, string | undefined>): boolean {
  return nonEmpty(env['NO_COLOR']) === undefined && env['TERM'] !== 'dumb'
}

function homeFolder(env: Record<string, string | undefined>): string {
  const folder = absolute('HOME', env['HOME']) ?? accountFolder()
  if (folder !== undefined) return folder
  throw new ZagiError('USAGE', 'There is no home folder: HOME is not set', {
    hint: 'Set HOME, or ZAGI_HOME to a folder for what zagi keeps',
  })
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

// Both throw for a user id without an entry in the user database, as in containers.
function accountFolder(): string | undefined {
  try {
    return nonEmpty(userInfo().homedir)
  } catch {
    return undefined
  }
}

function loginName(): string | undefined {
  try {
    return nonEmpty(userInfo().username)
  } catch {
    return undefined
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
