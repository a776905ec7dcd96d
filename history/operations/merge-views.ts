import { compareSides } from '../graph.ts'
import type { Operation, View } from '../types.ts'
import type { NewOperation, OperationLog } from './operation-log.ts'

/**
 * One operation in place of two that were made at the same time. It depends on the two alone, so that readers who merge
 * at once write the same file. What only one side moved is taken; what both moved differently is taken from the later.
 */
export function mergeOperations(log: OperationLog, earlier: Operation, later: Operation): NewOperation {
  const { common } = compareSides(log, [later.id], [earlier.id])
  const base = common === undefined ? undefined : log.get(common).view
  return {
    parents: [earlier.id, later.id],
    kind: 'merge',
    command: 'merge concurrent operations',
    time: later.time,
    user: later.user,
    host: later.host,
    view: mergeViews({ base, earlier: earlier.view, later: later.view }),
  }
}

interface Views {
  base: View | undefined
  earlier: View
  later: View
}

function mergeViews({ base, earlier, later }: Views): View {
  const refs: Record<string, string> = {}
  for (const name of new Set([...Object.keys(earlier.refs), ...Object.keys(later.refs)])) {
    const merged = take(base?.refs[name], earlier.refs[name], later.refs[name])
    if (merged !== undefined) refs[name] = merged
  }
  return {
    head: take(base?.head, earlier.head, later.head),
    workingChange: take(base?.workingChange, earlier.workingChange, later.workingChange),
    refs,
  }
}

function take<T>(base: T | undefined, earlier: T, later: T): T {
  return later === base ? earlier : later
}
