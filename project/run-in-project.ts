import type { LongOperation } from '../base/index.ts'
import { ZagiError } from '../base/index.ts'
import { type Activation, activation, applyActivation, isTrusted, runCommand, type Variables } from '../envs/index.ts'
import { ensureEnvironment } from './env-part.ts'
import type { Project } from './project.ts'
import { settle } from './settle.ts'

export interface RunRequest extends LongOperation {
  command: string
  args: string[]
  /** The caller's environment variables. */
  env: Variables
  cwd: string
  /** The command shares the caller's terminal, which sends it Ctrl-C itself. */
  terminal: boolean
}

/** Runs a command inside the project's environment; answers its exit status as a shell would. @throws ZagiError NOT_TRUSTED, COMMAND_NOT_FOUND */
export async function runInProject(project: Project, request: RunRequest): Promise<number> {
  const { command, args, env, cwd, terminal, ...operation } = request
  const active = await projectEnvironment(project, operation)
  const variables = active === undefined ? definedOnly(env) : applyActivation(active, env)
  return runCommand(command, args, { env: variables, cwd, terminal })
}

/** What activates the project's environment, after making sure that it is all on disk. @throws ZagiError NOT_TRUSTED */
export async function projectEnvironment(project: Project, operation: LongOperation): Promise<Activation | undefined> {
  if (!isTrusted(project.user.home, project.folder)) {
    throw new ZagiError('NOT_TRUSTED', `"${project.folder}" is not trusted: its programs could be anybody's`, {
      hint: 'Look at it, then trust it with: zagi trust',
    })
  }
  await settle(project, operation)
  await ensureEnvironment(project, operation)
  return activation(project.folder)
}

function definedOnly(env: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined))
}
