import { isZagiError, type LongOperation, thisSystem, ZagiError } from '../base/index.ts'
import { type Activation, activation, applyActivation, isTrusted, runCommand, type Variables } from '../envs/index.ts'
import { type Environment, ensureEnvironment } from './env-part.ts'
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
  const { lacking } = await prepare(project, operation)
  const active = activation(project.folder)
  const variables = active === undefined ? definedOnly(env) : applyActivation(active, env)
  try {
    return await runCommand(command, args, { env: variables, cwd, terminal })
  } catch (error) {
    if (!isZagiError(error, 'COMMAND_NOT_FOUND') || lacking.length === 0) throw error
    throw new ZagiError('SYSTEM_MISSING', `${error.message}; tools of this project lack ${thisSystem()}`, {
      hint: `Add them for this system with: zagi add ${lacking.join(' ')}`,
      cause: error,
    })
  }
}

/** What activates the project's environment, after making sure that it is all on disk. @throws ZagiError NOT_TRUSTED */
export async function projectEnvironment(project: Project, operation: LongOperation): Promise<Activation | undefined> {
  await prepare(project, operation)
  return activation(project.folder)
}

async function prepare(project: Project, operation: LongOperation): Promise<Environment> {
  if (!isTrusted(project.user.home, project.folder)) {
    throw new ZagiError('NOT_TRUSTED', `"${project.folder}" is not trusted: its programs could be anybody's`, {
      hint: 'Look at it, then trust it with: zagi trust',
    })
  }
  await settle(project, operation)
  return ensureEnvironment(project, operation)
}

function definedOnly(env: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined))
}
