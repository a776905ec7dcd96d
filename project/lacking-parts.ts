import { type SystemName, thisSystem } from '../base/index.ts'
import type { Parts } from './pointers.ts'

/** Parts of a commit that were recorded on other systems, but not on this machine's. */
export interface Lacking {
  /** As they would be added: `redis@7.0.15`. */
  tools: string[]
  /** Systems that dependencies are recorded for; empty where this one is among them, or where there are none at all. */
  deps: SystemName[]
}

export function lackingParts({ deps, env }: Parts): Lacking {
  const system = thisSystem()
  const systems = deps.map((pointer) => pointer.system)
  return {
    tools: Object.entries(env.tools).flatMap(([name, { version, systems }]) =>
      systems[system] === undefined ? [`${name}@${version}`] : [],
    ),
    deps: systems.includes(system) ? [] : systems,
  }
}
