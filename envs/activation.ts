/** What makes a project's environment active. */
export interface Activation {
  project: string
  /** Goes before everything that is on PATH, in this order. */
  path: string[]
  set: Record<string, string>
}

/** Environment variables as a process has them. */
export type Variables = Record<string, string | undefined>

/**
 * The activation of a project as it lies at this moment (it may have been moved), or undefined where it has no environment.
 * Also re-makes the short path that tools in a long home are reached by.
 */
export function activation(_project: string): Activation | undefined {
  throw new Error('Bug: not written yet')
}

/** `env` with the activation in force; whatever activation was in force before is undone first. */
export function applyActivation(_activation: Activation, _env: Variables): Record<string, string> {
  throw new Error('Bug: not written yet')
}

/** Lines for a POSIX shell to evaluate. */
export function activationScript(_activation: Activation): string {
  throw new Error('Bug: not written yet')
}

/** What to append to the files that GITHUB_PATH and GITHUB_ENV name. */
export function activationForGitHub(_activation: Activation): { path: string; env: string } {
  throw new Error('Bug: not written yet')
}
