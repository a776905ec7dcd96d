import type { LoggedChange } from '../history/index.ts'
import { type PartsChange, partsChange } from './parts-change.ts'
import { readablePartsOf } from './pointers.ts'
import type { Project } from './project.ts'

export interface LogEntry extends LoggedChange {
  /** How its dependencies and tools differ from its first parent's. */
  parts: PartsChange
}

/** Changes newest first, each with what it did to dependencies and tools. */
export function projectLog(project: Project, options: { limit?: number }): LogEntry[] {
  return project.repository.log(options).map((change) => {
    const before = readablePartsOf(project.repository, change.parents[0])
    return { ...change, parts: partsChange(before, readablePartsOf(project.repository, change.commit)) }
  })
}
