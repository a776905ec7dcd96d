import { join } from 'node:path'
import { parseRepositoryName, readFileIfPresent, writeFileAtomic, ZagiError } from '../base/index.ts'
import { openBackend, openRemote, type Remote } from '../store/index.ts'
import { layoutOf } from './layout.ts'
import { defaultServer, serverAddress, tokenFor } from './settings.ts'
import type { User } from './user.ts'

/** One repository at one server. */
export interface RemoteAddress {
  /** Address of the server, without a final slash. */
  server: string
  /** `owner/name`. */
  repository: string
}

/** Reads `owner/name` (at the default server) or an address that ends in `/owner/name`. @throws ZagiError BAD_NAME, NO_REMOTE, USAGE */
export function parseRemoteAddress(user: User, text: string): RemoteAddress {
  if (!text.includes('://')) {
    const { owner, name } = parseRepositoryName(text)
    const server = defaultServer(user)
    if (server === undefined) {
      throw new ZagiError('NO_REMOTE', `"${text}" names no server, and no default server is set`, {
        hint: 'Set one with: zagi server URL, or give the whole address: URL/OWNER/NAME',
      })
    }
    return { server: serverAddress(server), repository: `${owner}/${name}` }
  }
  const address = serverAddress(text)
  const match = /^(.+:\/\/.*)\/([^/]+)\/([^/]+)$/.exec(address.replace(/\.git$/, ''))
  if (match === null) {
    throw new ZagiError('BAD_NAME', `"${text}" does not end in a repository name`, {
      hint: 'An address looks like https://zagi.example.org/demo/my-app',
    })
  }
  const { owner, name } = parseRepositoryName(`${match[2]}/${match[3]}`)
  return { server: match[1]!, repository: `${owner}/${name}` }
}

export function formatRemoteAddress(remote: RemoteAddress): string {
  return `${remote.server}/${remote.repository}`
}

/** The remotes of a project: name → address. */
export function listRemotes(project: string): Record<string, RemoteAddress> {
  const bytes = readFileIfPresent(layoutOf(project).remotes)
  if (bytes === undefined) return {}
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Record<string, RemoteAddress>
    const remotes: Record<string, RemoteAddress> = {}
    for (const [name, { server, repository }] of Object.entries(value)) {
      parseRepositoryName(repository)
      remotes[name] = { server: serverAddress(server), repository }
    }
    return remotes
  } catch (error) {
    throw new ZagiError('MANIFEST_CORRUPT', `Could not read the remotes in "${layoutOf(project).remotes}"`, {
      hint: 'Remove the file and add the remote again with: zagi remote add origin URL',
      cause: error,
    })
  }
}

/** Adds or changes a remote. @throws ZagiError BAD_NAME */
export function setRemote(project: string, name: string, remote: RemoteAddress): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) {
    throw new ZagiError('BAD_NAME', `"${name}" is not a name for a remote`, {
      hint: 'Use letters, digits, "_" and "-"',
    })
  }
  writeRemotes(project, { ...listRemotes(project), [name]: remote })
}

/** @throws ZagiError NO_REMOTE */
export function removeRemote(project: string, name: string): void {
  const { [name]: removed, ...others } = listRemotes(project)
  if (removed === undefined) throw noSuchRemote(name)
  writeRemotes(project, others)
}

/** The remote with this name. @throws ZagiError NO_REMOTE */
export function findRemote(project: string, name = 'origin'): RemoteAddress {
  const remote = listRemotes(project)[name]
  if (remote === undefined) throw noSuchRemote(name)
  return remote
}

function noSuchRemote(name: string): ZagiError {
  return new ZagiError('NO_REMOTE', `This project has no remote "${name}"`, {
    hint: 'Name one in the first push: zagi push OWNER/NAME, or add one with: zagi remote add origin URL',
  })
}

function writeRemotes(project: string, remotes: Record<string, RemoteAddress>): void {
  writeFileAtomic(layoutOf(project).remotes, `${JSON.stringify(remotes, undefined, 2)}\n`)
}

/** Chunks and documents at a server; its immutable pack indexes are kept below the user's store. */
export function openServerChunks(user: User, server: string): Remote {
  const token = tokenFor(user, server)
  const backend = openBackend(server, token === undefined ? {} : { token })
  return openRemote(backend, { cacheFolder: join(user.home.store, 'remote') })
}
