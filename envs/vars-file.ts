import { activationNames } from './activation-variables.ts'

/**
 * `.zagi/env/vars`: what activation means, for shells and for us. Lines `NAME=VALUE`. `PATH` (one line each, in order) and the
 * variables that activation knows have project-relative folders as values, so that a project may be moved. `tools` and `short` are
 * there where the tools are reached by a short link: their folder, and the link. Nobody evaluates a line, and lines with other
 * names are passed over.
 */
export interface VarsFile {
  path: string[]
  set: Record<string, string>
  short?: { link: string; tools: string } | undefined
}

export function formatVars({ path, set, short }: VarsFile): string {
  const lines = path.map((folder) => `PATH=${folder}`)
  for (const name of Object.keys(set).sort()) lines.push(`${name}=${set[name]}`)
  if (short !== undefined) lines.push(`tools=${short.tools}`, `short=${short.link}`)
  return lines.map((line) => `${line}\n`).join('')
}

export function parseVars(text: string): VarsFile {
  const found: VarsFile = { path: [], set: {} }
  let tools: string | undefined
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(at, 0))
    const value = line.slice(at + 1)
    if (name === 'PATH') found.path.push(value)
    else if (activationNames.includes(name)) found.set[name] = value
    else if (name === 'tools') tools = value
    else if (name === 'short' && tools !== undefined) found.short = { link: value, tools }
  }
  return found
}
