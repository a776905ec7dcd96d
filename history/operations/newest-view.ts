import type { Context } from '../context.ts'
import type { Operation, View } from '../types.ts'

/** The view of the newest operation, for what only looks; undefined in a project without one. */
export function newestView({ log, objects }: Context): View | undefined {
  const view = log.heads().at(-1)?.view
  return view !== undefined && objects.has(view.workingChange) ? view : undefined
}

/** The operation log, newest first. */
export function listOperations({ log }: Context, limit: number): Operation[] {
  const listed: Operation[] = []
  const waiting = new Map(log.heads().map((operation) => [operation.id, operation]))
  const seen = new Set(waiting.keys())
  while (waiting.size > 0 && listed.length < limit) {
    const newest = [...waiting.values()].reduce((a, b) => (b.time > a.time ? b : a))
    waiting.delete(newest.id)
    listed.push(newest)
    for (const id of newest.parents) {
      if (!seen.has(id)) waiting.set(id, log.get(id))
      seen.add(id)
    }
  }
  return listed
}
