import { PriorityQueue } from './priority-queue.ts'

/** A history: commits, or operations. */
export interface Graph {
  parents(id: string): readonly string[]
  /** When it was made: only decides what is looked at first. */
  time(id: string): number
}

const left = 1
const right = 2
const both = left | right

/** What two sides reach. */
export interface Sides {
  /** Reached from the left side only, newest first. */
  leftOnly: string[]
  /** The newest that both sides reach, if there is any. */
  common: string | undefined
  /** Parents of `leftOnly` that the right side reaches too: where the left side leaves what is known. */
  boundary: string[]
}

/**
 * Compares what two sides reach, without walking further than where everything is reached from both. With wrong clocks
 * `leftOnly` may hold some that the right side reaches too, never too few.
 */
export function compareSides(graph: Graph, lefts: readonly string[], rights: readonly string[]): Sides {
  const flags = paint(graph, { lefts, rights, goal: undefined })
  let common: string | undefined
  const leftOnly: string[] = []
  for (const [id, side] of flags) {
    if (side === left) leftOnly.push(id)
    else if (side === both && (common === undefined || graph.time(id) > graph.time(common))) common = id
  }
  const boundary = new Set<string>()
  for (const id of leftOnly) {
    for (const parent of graph.parents(id)) if (flags.get(parent) === both) boundary.add(parent)
  }
  return { leftOnly: leftOnly.sort((a, b) => graph.time(b) - graph.time(a)), common, boundary: [...boundary] }
}

/** Whether `descendant` is `ancestor` or has it among its ancestors. Exact, whatever the clocks said. */
export function reaches(graph: Graph, descendant: string, ancestor: string): boolean {
  if (descendant === ancestor) return true
  return paint(graph, { lefts: [descendant], rights: [ancestor], goal: ancestor }).get(ancestor) === both
}

// Nothing between the two sides of a path is reached from its older end, so such a path is always walked to the end.
function paint(
  graph: Graph,
  { lefts, rights, goal }: { lefts: readonly string[]; rights: readonly string[]; goal: string | undefined },
): Map<string, number> {
  const flags = new Map<string, number>()
  const queue = new PriorityQueue<string>()
  const waiting = new Map<string, number>()
  // How many in the queue are not known to be reached from both: the walk ends when there are none.
  let open = 0
  const reach = (id: string, side: number): void => {
    const known = flags.get(id) ?? 0
    const now = known | side
    if (now === known) return
    flags.set(id, now)
    const before = waiting.get(id)
    waiting.set(id, now)
    if (before === undefined) queue.push(id, graph.time(id))
    if (before !== undefined && now === both) open--
    if (before === undefined && now !== both) open++
  }
  for (const id of rights) reach(id, right)
  for (const id of lefts) reach(id, left)
  while (open > 0 && (goal === undefined || flags.get(goal) !== both)) {
    const id = queue.pop()!
    const side = waiting.get(id)!
    waiting.delete(id)
    if (side !== both) open--
    for (const parent of graph.parents(id)) reach(parent, side)
  }
  return flags
}
