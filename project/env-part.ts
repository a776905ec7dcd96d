import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type LongOperation, readFileIfPresent, thisSystem } from '../base/index.ts'
import {
  type EnvLock,
  type LinkedTool,
  linkEnvironment,
  materialise,
  type ProgramConflict,
  parseEnvLock,
} from '../envs/index.ts'
import { layoutOf } from './layout.ts'
import type { Project } from './project.ts'

/** The tools' lock file as it is in the working folder. @throws ZagiError MANIFEST_CORRUPT */
export function readEnvLock(project: Project): EnvLock {
  const bytes = readFileIfPresent(layoutOf(project.folder).envLock)
  return bytes === undefined ? { version: 1, tools: {} } : parseEnvLock(bytes)
}

/** The folders of tools that `.zagi/env` points at now. */
export function linkedFolders(project: Project): string[] {
  const { env } = layoutOf(project.folder)
  const entries = existsSync(env) ? readdirSync(env, { recursive: true, withFileTypes: true }) : []
  return entries
    .filter((entry) => entry.isSymbolicLink())
    .map(({ parentPath, name }) => readlinkSync(join(parentPath, name)))
}

/** Whether `.zagi/env` has the tools of the lock file: plain Git may have changed the file. Only names and versions are compared. */
export function isLinked(project: Project): boolean {
  const { env } = layoutOf(project.folder)
  const wanted = Object.entries(readEnvLock(project).tools).flatMap(([name, { version, systems }]) =>
    systems[thisSystem()] === undefined ? [] : [`${name}/${version}`],
  )
  const folders = existsSync(env) ? readdirSync(env, { withFileTypes: true }) : []
  const linked = folders.flatMap((entry) =>
    entry.isDirectory() && entry.name !== 'bin'
      ? readdirSync(join(env, entry.name)).map((version) => `${entry.name}/${version}`)
      : [],
  )
  return wanted.sort().join() === linked.sort().join()
}

export interface Environment {
  tools: LinkedTool[]
  /** Programs that more than one tool brings. */
  conflicts: ProgramConflict[]
  /** Tools that were not recorded for this system, as they would be added: `redis@7.0.15`. */
  lacking: string[]
}

/**
 * Makes `.zagi/env` what the lock file says: every tool materialised and linked. Cheap when it is so already, and
 * repeatable after a kill at any point. A tool that was not recorded for this system is left out.
 * @throws ZagiError CHUNK_MISSING, HOME_TOO_LONG
 */
export async function ensureEnvironment(project: Project, operation: LongOperation): Promise<Environment> {
  const system = thisSystem()
  const tools: LinkedTool[] = []
  const lacking: string[] = []
  for (const [name, tool] of Object.entries(readEnvLock(project).tools)) {
    const here = tool.systems[system]
    if (here === undefined) {
      lacking.push(`${name}@${tool.version}`)
      continue
    }
    const { home, runtimeFolder } = project.user
    const { main } = await materialise(project.store, here.closure, {
      tools: home.tools,
      runtime: runtimeFolder,
      ...operation,
    })
    tools.push({ name, version: tool.version, folder: main, bin: here.bin })
  }
  return { tools, conflicts: linkEnvironment(project.folder, tools), lacking }
}
