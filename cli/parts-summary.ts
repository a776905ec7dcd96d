import { exitStatus, thisSystem } from '../base/index.ts'
import type { Lacking, PartsChange } from '../project/index.ts'
import { count, size } from './human-words.ts'

/** What happened to tools and dependencies, one line each: "tools: node 22.9.0 added". */
export function partLines({ tools, deps }: PartsChange): string[] {
  const lines: string[] = []
  for (const { name, before, after } of tools) {
    if (before === undefined) lines.push(`tool added: ${name} ${after}`)
    else if (after === undefined) lines.push(`tool removed: ${name} ${before}`)
    else lines.push(`tool changed: ${name} ${before} → ${after}`)
  }
  if (deps === undefined) return lines
  const { before, after } = deps
  if (after === undefined) return [...lines, 'dependencies removed']
  const now = `${count(after.packages, 'package')}, ${count(after.files, 'file')}, ${size(after.bytes)}`
  return [
    ...lines,
    `dependencies: ${now}${before === undefined ? '' : ` (before: ${count(before.packages, 'package')})`}`,
  ]
}

/** What was not brought, because it was recorded on other systems only. */
export function lackingLines({ tools, deps }: Lacking): string[] {
  const system = thisSystem()
  const lines: string[] = []
  if (tools.length > 0)
    lines.push(`Not there for ${system}: ${tools.join(', ')}. Add with: zagi add ${tools.join(' ')}`)
  if (deps.length > 0) {
    lines.push(`Dependencies are recorded for ${deps.join(', ')} only: install them, then run zagi commit`)
  }
  return lines
}

/** The exit status of a command that brought everything but that. */
export function lackingStatus({ tools, deps }: Lacking): number {
  return tools.length + deps.length > 0 ? exitStatus.partial : exitStatus.done
}

/** What happened to tools and dependencies in a few words each: "+node 22.9.0", "+65 packages". */
export function partWords({ tools, deps }: PartsChange): string[] {
  const words = tools.map(({ name, before, after }) => {
    if (before === undefined) return `+${name} ${after}`
    return after === undefined ? `-${name}` : `${name} ${before} → ${after}`
  })
  if (deps === undefined) return words
  const more = (deps.after?.packages ?? 0) - (deps.before?.packages ?? 0)
  if (more === 0) return [...words, 'dependencies changed']
  return [...words, `${more > 0 ? '+' : '-'}${count(Math.abs(more), 'package')}`]
}
