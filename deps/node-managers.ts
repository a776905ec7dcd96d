import { statSync } from 'node:fs'
import { join } from 'node:path'
import { bun } from './bun.ts'
import type { NodeManager } from './dependency-folder.ts'
import { npm } from './npm.ts'
import { pnpm } from './pnpm.ts'
import { yarn } from './yarn.ts'

export const nodeManagers = { npm, pnpm, yarn, bun } as const

const all: readonly NodeManager[] = Object.values(nodeManagers)

/**
 * Who made a `node_modules`; undefined where nothing tells. A manager that takes over a folder can leave the marker
 * of the one before it: the newest marker counts. Only where there is none, lockfiles beside the folder tell.
 */
export function nodeManagerOf(nodeModules: string, inside: string[], beside: string[]): NodeManager | undefined {
  const age = (marker: string) => statSync(join(nodeModules, marker), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const marked = all
    .map((manager) => ({ manager, markers: manager.markers.filter((marker) => inside.includes(marker)) }))
    .filter(({ markers }) => markers.length > 0)
  if (marked.length <= 1) return marked[0]?.manager ?? all.find((manager) => has(beside, manager.lockfiles))
  const newest = marked.map(({ manager, markers }) => ({ manager, time: Math.max(...markers.map(age)) }))
  return newest.sort((a, b) => b.time - a.time)[0]?.manager
}

function has(names: string[], wanted: readonly string[]): boolean {
  return wanted.some((name) => names.includes(name))
}
