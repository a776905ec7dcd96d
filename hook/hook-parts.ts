/** What the hooks of all shells are made with. */
export interface HookParts {
  /** Variables that activation may set: no other name is taken from a project. */
  names: readonly string[]
  /** The zagi program as one word of the shell. */
  program: string
}
