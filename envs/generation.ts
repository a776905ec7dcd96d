import { createHash } from 'node:crypto'
import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, fsyncFolder, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import { activationOf } from './activation-variables.ts'
import type { LinkedTool } from './choose-programs.ts'
import { keepShortLink } from './tools-prefix.ts'
import { formatVars } from './vars-file.ts'

/** What one state of `.zagi/env` consists of. */
export interface Generation {
  /** Link → what it points at, relative to the folder. */
  links: Map<string, string>
  vars: string
  /** Shells compare this and nothing else, so it is the same where nothing changed. */
  stamp: string
}

/** @param programs program → file */
export function planGeneration(tools: readonly LinkedTool[], programs: ReadonlyMap<string, string>): Generation {
  const links = new Map<string, string>()
  for (const tool of tools) links.set(join(tool.name, tool.version), tool.folder)
  for (const [program, file] of programs) links.set(join('bin', program), file)
  const toolsFolder = tools[0] && dirname(tools[0].folder)
  const link = toolsFolder && keepShortLink(toolsFolder)
  const short = link && toolsFolder ? { link, tools: toolsFolder } : undefined
  const vars = formatVars({ ...activationOf(new Set(programs.keys())), short })
  const stamp = createHash('sha256').update(JSON.stringify([[...links].sort(), vars]))
  return { links, vars, stamp: stamp.digest('hex').slice(0, 16) }
}

/** Writes it to a folder that does not exist yet; all of it is durable at the end. */
export function writeGeneration(folder: string, { links, vars, stamp }: Generation): void {
  const folders = new Set(['bin', ...[...links.keys()].map((link) => dirname(link))])
  mkdirSync(folder)
  for (const name of folders) mkdirSync(join(folder, name))
  for (const [link, target] of links) symlinkSync(target, join(folder, link))
  for (const name of folders) fsyncFolder(join(folder, name))
  writeFileAtomic(join(folder, 'vars'), vars)
  writeFileAtomic(join(folder, 'stamp'), `${stamp}\n`)
}

/** True if the folder holds exactly this already. */
export function holdsGeneration(folder: string, { links, vars, stamp }: Generation): boolean {
  if (readFileIfPresent(join(folder, 'stamp'))?.toString() !== `${stamp}\n`) return false
  if (readFileIfPresent(join(folder, 'vars'))?.toString() !== vars) return false
  return [...links].every(([link, target]) => targetOf(join(folder, link)) === target)
}

/** What a link points at, or undefined where there is no link. */
export function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
