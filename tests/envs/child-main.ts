import { armCrashPoint } from '../../base/index.ts'
import { linkEnvironment, materialise } from '../../envs/index.ts'
import { openStore } from '../../store/index.ts'
import type { ChildWork } from './child.ts'

const work: ChildWork = JSON.parse(process.argv[2]!)
if (work.crash !== undefined) armCrashPoint(work.crash)
if (work.materialise) {
  const { store, closure, place } = work.materialise
  console.log((await materialise(openStore(store), closure, place)).main)
}
if (work.link) linkEnvironment(work.link.project, work.link.tools)
