import type { PartsChange } from '../project/index.ts'
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

/** The same in a few words each: "+node 22.9.0", "+65 packages". */
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
