import { readFileSync, rmSync } from 'node:fs'
import { crashPoint, ensureFolder, type LongOperation, thisSystem, writeFileAtomic, ZagiError } from '../base/index.ts'
import { type EnvLock, formatEnvLock, type ProgramConflict, type ToolLock } from '../envs/index.ts'
import { dependencyFolders } from './deps-part.ts'
import { ensureEnvironment, readEnvLock } from './env-part.ts'
import { layoutOf } from './layout.ts'
import { type Project, workingCopy } from './project.ts'
import { listRemotes, openServerChunks } from './remotes.ts'
import { defaultServer, tokenFor } from './settings.ts'
import { alone, settle } from './settle.ts'
import { type FoundTool, type ServedTool, toolServer } from './tool-server.ts'
import type { User } from './user.ts'

export interface AddedTool {
  name: string
  version: string
  /** The version that was there before, if there was one. */
  before: string | undefined
  files: number
  bytes: number
}

export interface AddedTools {
  tools: AddedTool[]
  /** Bytes received. */
  transferred: number
  conflicts: ProgramConflict[]
}

/**
 * Adds tools: the server finds and builds them, they are fetched, written into `env.json` and linked. All or none: the
 * lock file is written once everything is here, and the links follow it (the next command repeats them after a kill).
 * @throws ZagiError NO_REMOTE, TOOL_UNKNOWN, VERSION_UNKNOWN, TOOL_FAILED, SERVER_UNREACHABLE, HOME_TOO_LONG
 */
export async function addTools(project: Project, options: { tools: string[] } & LongOperation): Promise<AddedTools> {
  const { tools: requests, ...operation } = options
  await settle(project, operation)
  const system = thisSystem()
  const server = serverOf(project)
  const client = toolServer({ server, token: tokenFor(project.user, server), signal: operation.signal })
  const chunks = openServerChunks(project.user, server)
  const found: { request: string; tool: ServedTool }[] = []
  let transferred = 0
  for (const resolved of await client.resolve(requests, system)) {
    const tool = await client.realise(resolved, system, operation)
    transferred += (await chunks.download(project.store, tool.holdings, operation)).bytes
    found.push({ request: resolved.request, tool })
  }
  const added: AddedTool[] = []
  const edit = (lock: EnvLock) => {
    for (const { request, tool } of found) {
      const { name, version, files, bytes } = tool
      added.push({ name, version, files, bytes, before: ownTool(lock, name)?.version })
      enter(lock, request, tool)
    }
  }
  const conflicts = await changeLock(project, { edit, command: `add ${requests.join(' ')}`, operation })
  return { tools: added, transferred, conflicts }
}

/** Takes tools out of the project. They stay on the machine for other projects. @throws ZagiError TOOL_NOT_ADDED */
export async function removeTools(
  project: Project,
  options: { tools: string[] } & LongOperation,
): Promise<AddedTool[]> {
  const { tools: names, ...operation } = options
  const removed: AddedTool[] = []
  const edit = (lock: EnvLock) => {
    for (const name of names) {
      const tool = ownTool(lock, name)
      if (tool === undefined) throw notAdded(lock, name)
      delete lock.tools[name]
      const { files, bytes } = tool.systems[thisSystem()] ?? { files: 0, bytes: 0 }
      removed.push({ name, version: tool.version, before: tool.version, files, bytes })
    }
  }
  await changeLock(project, { edit, command: `remove ${names.join(' ')}`, operation })
  return removed
}

function ownTool(lock: EnvLock, name: string): ToolLock | undefined {
  return Object.hasOwn(lock.tools, name) ? lock.tools[name] : undefined
}

function notAdded(lock: EnvLock, name: string): ZagiError {
  const there = Object.keys(lock.tools).join(', ')
  return new ZagiError('TOOL_NOT_ADDED', `The project has no tool "${name}"`, {
    hint: there === '' ? 'It has no tools at all' : `It has: ${there}`,
  })
}

/** What the server's catalog has that fits a word. */
export function searchTools(
  user: User,
  options: { query: string; project?: Project | undefined } & LongOperation,
): Promise<FoundTool[]> {
  const server = options.project === undefined ? userServer(user) : serverOf(options.project)
  const client = toolServer({ server, token: tokenFor(user, server), signal: options.signal })
  return client.search(options.query, thisSystem())
}

function enter(lock: EnvLock, request: string, tool: ServedTool): void {
  const { name, version, closure, path, files, bytes, bin } = tool
  const old = ownTool(lock, name)
  // Another version replaces the tool on every system: one project, one version.
  const systems = old?.version === version ? old.systems : {}
  const here = { closure, name: path, files, bytes, bin }
  lock.tools[name] = { request, version, systems: { ...systems, [thisSystem()]: here } }
}

function changeLock(
  project: Project,
  options: { edit(lock: EnvLock): void; command: string; operation: LongOperation },
): Promise<ProgramConflict[]> {
  const { edit, command, operation } = options
  return alone(project, operation, () => {
    const lock = readEnvLock(project)
    edit(lock)
    return applyLock(project, { lock, command, operation })
  })
}

async function applyLock(
  project: Project,
  options: { lock: EnvLock; command: string; operation: LongOperation },
): Promise<ProgramConflict[]> {
  const { lock, command, operation } = options
  const layout = layoutOf(project.folder)
  writeFileAtomic(layout.pendingTools, '')
  const before = readFileOrUndefined(layout.envLock)
  ensureFolder(layout.lock)
  writeFileAtomic(layout.envLock, formatEnvLock(lock))
  crashPoint('lock:written')
  try {
    const { conflicts } = await ensureEnvironment(project, operation)
    const { paths } = dependencyFolders(project)
    await project.repository.snapshot({ ...workingCopy(project, paths, command), ...operation })
    rmSync(layout.pendingTools, { force: true })
    return conflicts
  } catch (error) {
    if (before === undefined) rmSync(layout.envLock)
    else writeFileAtomic(layout.envLock, before)
    // The links may be new already: the next command puts them back.
    throw error
  }
}

function readFileOrUndefined(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** The server that a project's tools come from: its own remote's, else the default one. */
function serverOf(project: Project): string {
  const origin = listRemotes(project.folder)['origin']?.server
  return origin !== undefined && /^https?:/.test(origin) ? origin : userServer(project.user)
}

function userServer(user: User): string {
  const server = defaultServer(user)
  if (server === undefined) {
    throw new ZagiError('NO_REMOTE', 'No zagi server is known to look up tools', {
      hint: 'Set one with: zagi server URL',
    })
  }
  return server
}
