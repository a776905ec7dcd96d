import { randomName } from '../base/index.ts'

const shape = /^\.zagi-tmp-[0-9a-f]{12}$/

/** A fresh name for what a restore or a repair writes before it takes its place by rename. */
export function temporaryName(): string {
  return `.zagi-tmp-${randomName()}`
}

/** True for a name of ours: a leftover of a kill, never part of a snapshot, removed by the next restore. */
export function isTemporaryName(name: string): boolean {
  return name.length === 22 && shape.test(name)
}
