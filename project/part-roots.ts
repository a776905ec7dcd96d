import { type SystemName, thisSystem } from '../base/index.ts'
import { closureRoots } from '../envs/index.ts'
import type { BlobRef, Roots, Store } from '../store/index.ts'
import type { Parts } from './pointers.ts'

/**
 * What a manifest at a remote is about. A fresh machine knows only a commit, so manifests are named by roots that the
 * commit itself names: first the dependencies with the closure records, then, once a record is here, what it lists.
 */
export function partRoots(parts: Parts, system: SystemName = thisSystem()): Roots | undefined {
  const deps = parts.deps.find((pointer) => pointer.system === system)
  const closures = closuresOf(parts, system)
  if (deps === undefined && closures.length === 0) return undefined
  return {
    trees: deps === undefined ? [] : [deps.root],
    blobs: [...(deps === undefined ? [] : [deps.times]), ...closures],
  }
}

/** The closure records of the tools for one system. */
export function closuresOf(parts: Parts, system: SystemName = thisSystem()): BlobRef[] {
  return Object.values(parts.env.tools).flatMap((tool) => tool.systems[system]?.closure ?? [])
}

/** Everything that one commit needs on one system: for an upload, where the records are here. */
export function allRoots(store: Store, parts: Parts, system: SystemName): Roots[] {
  const first = partRoots(parts, system)
  if (first === undefined) return []
  return [first, ...closuresOf(parts, system).map((closure) => closureRoots(store, closure))]
}

/** The systems that a commit has any part for. */
export function systemsOf(parts: Parts): SystemName[] {
  const systems = new Set(parts.deps.map(({ system }) => system))
  for (const tool of Object.values(parts.env.tools)) {
    for (const system of Object.keys(tool.systems)) systems.add(system as SystemName)
  }
  return [...systems].sort()
}
