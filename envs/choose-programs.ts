import { join } from 'node:path'

/** A tool to link into a project. */
export interface LinkedTool {
  name: string
  version: string
  /** Its materialised folder. */
  folder: string
  /** Names of the programs in its `bin`. */
  bin: string[]
}

/** A program that more than one tool brings: `used` is the tool whose program is on PATH, `hidden` are the others. */
export interface ProgramConflict {
  program: string
  used: string
  hidden: string[]
}

/**
 * Which tool's program each name means: the tool of that name has the first right to it (`npm` of npm, not of node), then the tool
 * that comes first in the alphabet. So it depends on the set of tools alone and is the same on every machine.
 * @returns program → file, sorted by program
 */
export function choosePrograms(tools: readonly LinkedTool[]): {
  programs: Map<string, string>
  conflicts: ProgramConflict[]
} {
  const owners = new Map<string, LinkedTool[]>()
  const sorted = [...tools].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const tool of sorted) {
    for (const program of new Set(tool.bin)) owners.set(program, [...(owners.get(program) ?? []), tool])
  }
  const programs = new Map<string, string>()
  const conflicts: ProgramConflict[] = []
  for (const program of [...owners.keys()].sort()) {
    const all = owners.get(program)!
    const used = all.find((tool) => tool.name === program) ?? all[0]!
    programs.set(program, join(used.folder, 'bin', program))
    const hidden = all.filter((tool) => tool !== used).map((tool) => tool.name)
    if (hidden.length > 0) conflicts.push({ program, used: used.name, hidden })
  }
  return { programs, conflicts }
}
