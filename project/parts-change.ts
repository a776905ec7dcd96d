import { thisSystem } from '../base/index.ts'
import type { Parts } from './pointers.ts'

/** How the dependencies and tools of two commits differ, for this machine's system. */
export interface PartsChange {
  tools: { name: string; before: string | undefined; after: string | undefined }[]
  deps: { before: DepsCounts | undefined; after: DepsCounts | undefined } | undefined
}

export interface DepsCounts {
  folders: number
  packages: number
  files: number
  bytes: number
}

export function partsChange(before: Parts, after: Parts): PartsChange {
  const names = new Set([...Object.keys(before.env.tools), ...Object.keys(after.env.tools)])
  const tools = [...names]
    .sort()
    .map((name) => ({ name, before: before.env.tools[name]?.version, after: after.env.tools[name]?.version }))
    .filter((tool) => tool.before !== tool.after)
  const [old, now] = [before, after].map((parts) => parts.deps.find(({ system }) => system === thisSystem()))
  const deps = old?.root === now?.root ? undefined : { before: counts(old), after: counts(now) }
  return { tools, deps }
}

function counts(pointer: Parts['deps'][number] | undefined): DepsCounts | undefined {
  if (pointer === undefined) return undefined
  const { folders, packages, files, bytes } = pointer
  return { folders: folders.length, packages, files, bytes }
}
