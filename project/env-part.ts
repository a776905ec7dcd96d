import { type LongOperation, readFileIfPresent, thisSystem, ZagiError } from '../base/index.ts'
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

export interface Environment {
  tools: LinkedTool[]
  /** Programs that more than one tool brings. */
  conflicts: ProgramConflict[]
}

/**
 * Makes `.zagi/env` what the lock file says: every tool materialised and linked. Cheap when it is so already, and
 * repeatable after a kill at any point.
 * @throws ZagiError SYSTEM_MISSING where a tool was not recorded for this system, CHUNK_MISSING, HOME_TOO_LONG
 */
export async function ensureEnvironment(project: Project, operation: LongOperation): Promise<Environment> {
  const system = thisSystem()
  const tools: LinkedTool[] = []
  for (const [name, tool] of Object.entries(readEnvLock(project).tools)) {
    const here = tool.systems[system]
    if (here === undefined) {
      throw new ZagiError('SYSTEM_MISSING', `"${name}" was not added for ${system}`, {
        hint: `Add it for this system with: zagi add ${name}@${tool.version}`,
      })
    }
    const { home, runtimeFolder } = project.user
    const { main } = await materialise(project.store, here.closure, {
      tools: home.tools,
      runtime: runtimeFolder,
      ...operation,
    })
    tools.push({ name, version: tool.version, folder: main, bin: here.bin })
  }
  return { tools, conflicts: linkEnvironment(project.folder, tools) }
}
