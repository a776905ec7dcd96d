/** A tool to link into a project. */
export interface LinkedTool {
  name: string
  version: string
  /** Its materialised folder. */
  folder: string
  /** Names of the programs in its `bin`. */
  bin: string[]
}

/** Programs that more than one tool brings: `used` is on PATH, `hidden` are not. */
export interface ProgramConflict {
  program: string
  used: string
  hidden: string[]
}

/**
 * Makes `.zagi/env` of a project hold exactly these tools. Built beside and swapped in by one rename: a kill leaves the
 * old environment or the new one. Answers what to warn about.
 */
export function linkEnvironment(_project: string, _tools: readonly LinkedTool[]): ProgramConflict[] {
  throw new Error('Bug: not written yet')
}
