import { ZagiError } from '../base/index.ts'
import type { ClosurePath } from './closure.ts'

const entered = 1
const settled = 2

/** Positions such that what a path refers to comes before it. @throws ZagiError MANIFEST_CORRUPT if paths refer to each other in a circle */
export function dependenciesFirst(paths: readonly ClosurePath[]): number[] {
  const order: number[] = []
  const state = new Uint8Array(paths.length)
  const waiting: { at: number; next: number }[] = []
  const enter = (at: number) => {
    state[at] = entered
    waiting.push({ at, next: 0 })
  }
  for (let start = 0; start < paths.length; start++) {
    if (state[start] === 0) enter(start)
    for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
      const other = paths[top.at]!.references[top.next++]
      if (other === undefined) {
        state[top.at] = settled
        order.push(top.at)
        waiting.pop()
      } else if (state[other] === 0) {
        enter(other)
      } else if (state[other] === entered && other !== top.at) {
        const circle = `"${paths[other]!.name}" and "${paths[top.at]!.name}"`
        throw new ZagiError('MANIFEST_CORRUPT', `The closure record is damaged: ${circle} refer to each other`)
      }
    }
  }
  return order
}
