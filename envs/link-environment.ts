import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  crashPoint,
  ensureFolder,
  explaining,
  fsyncFolder,
  randomName,
  temporaryBeside,
  writeFileAtomic,
  ZagiError,
} from '../base/index.ts'
import { activationOf, localFolders } from './activation-variables.ts'
import { removeFolder } from './remove-folder.ts'
import { isProgramName, isToolName, isToolVersion } from './tool-name.ts'
import { keepShortLink } from './tools-prefix.ts'
import { formatVars } from './vars-file.ts'

/** A tool to link into a project. */
export interface LinkedTool {
  name: string
  version: string
  /** Its materialised folder. */
  folder: string
  /** Names of the programs in its `bin`. */
  bin: string[]
}

/** A program that more than one tool brings: `used` is the tool whose program is on PATH, `hidden` are the others. */
export interface ProgramConflict {
  program: string
  used: string
  hidden: string[]
}

/**
 * Makes `.zagi/env` of a project hold exactly these tools. It is a link to a folder in `.zagi/state/env` that is built beside the
 * one in use and swapped in by one rename: a kill leaves the old environment or the new one. Answers what to warn about.
 * @throws ZagiError BAD_NAME, HOME_TOO_LONG, DISK_FULL, NOT_WRITABLE, …
 */
export function linkEnvironment(project: string, tools: readonly LinkedTool[]): ProgramConflict[] {
  for (const tool of tools) checkTool(tool)
  const { programs, conflicts } = choosePrograms(tools)
  const generations = join(project, '.zagi', 'state', 'env')
  ensureFolder(generations)
  for (const folder of localFolders) ensureFolder(join(project, folder))
  const generation = join(generations, randomName())
  const previous = currentGeneration(project)
  explaining('write', generation, () => buildGeneration(generation, tools, programs))
  explaining('write', join(project, '.zagi', 'env'), () => swapIn(project, generation))
  removeOldGenerations(generations, [basename(generation), previous])
  return conflicts
}

function checkTool({ name, version, bin }: LinkedTool): void {
  const isGood = isToolName(name) && isToolVersion(version) && bin.every(isProgramName)
  if (!isGood)
    throw new ZagiError('BAD_NAME', `"${name}@${version}" has a name, a version or a program that cannot be a file`)
}

/**
 * Which tool's program each name means: the tool of that name has the first right to it (`npm` of npm, not of node), then the tool
 * that comes first in the alphabet. So it depends on the set of tools alone and is the same on every machine.
 */
function choosePrograms(tools: readonly LinkedTool[]): { programs: Map<string, string>; conflicts: ProgramConflict[] } {
  const owners = new Map<string, LinkedTool[]>()
  const sorted = [...tools].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const tool of sorted) {
    for (const program of tool.bin) owners.set(program, [...(owners.get(program) ?? []), tool])
  }
  const programs = new Map<string, string>()
  const conflicts: ProgramConflict[] = []
  for (const program of [...owners.keys()].sort()) {
    const all = owners.get(program)!
    const used = all.find((tool) => tool.name === program) ?? all[0]!
    programs.set(program, join(used.folder, 'bin', program))
    const hidden = all.filter((tool) => tool !== used).map((tool) => tool.name)
    if (hidden.length > 0) conflicts.push({ program, used: used.name, hidden })
  }
  return { programs, conflicts }
}

function buildGeneration(folder: string, tools: readonly LinkedTool[], programs: ReadonlyMap<string, string>): void {
  mkdirSync(folder)
  for (const tool of tools) {
    mkdirSync(join(folder, tool.name))
    symlinkSync(tool.folder, join(folder, tool.name, tool.version))
    fsyncFolder(join(folder, tool.name))
  }
  mkdirSync(join(folder, 'bin'))
  for (const [program, target] of programs) symlinkSync(target, join(folder, 'bin', program))
  fsyncFolder(join(folder, 'bin'))
  const toolsFolder = tools[0] && dirname(tools[0].folder)
  const link = toolsFolder && keepShortLink(toolsFolder)
  const short = link === undefined || toolsFolder === undefined ? undefined : { link, tools: toolsFolder }
  const vars = formatVars({ ...activationOf(new Set(programs.keys())), short })
  writeFileAtomic(join(folder, 'vars'), vars)
  // Shells compare this and nothing else, so it stays the same where nothing changed.
  const stamp = createHash('sha256')
    .update(JSON.stringify([tools, [...programs], vars]))
    .digest('hex')
    .slice(0, 16)
  writeFileAtomic(join(folder, 'stamp'), `${stamp}\n`)
}

/** Points `.zagi/env` at a generation. The link is relative: it survives a move of the project. */
function swapIn(project: string, generation: string): void {
  const link = join(project, '.zagi', 'env')
  const temporary = temporaryBeside(link)
  symlinkSync(`state/env/${basename(generation)}`, temporary)
  try {
    // Not made by this zagi: a rename does not replace a folder.
    if (lstatSync(link, { throwIfNoEntry: false })?.isDirectory())
      renameSync(link, join(dirname(generation), randomName()))
    fsyncFolder(dirname(generation))
    renameSync(temporary, link)
  } finally {
    rmSync(temporary, { force: true })
  }
  fsyncFolder(dirname(link))
  crashPoint('env:linked')
}

/** `kept`: the new one, and the one that a program may be being started from at this moment. */
function removeOldGenerations(generations: string, kept: readonly (string | undefined)[]): void {
  for (const name of readdirSync(generations)) {
    if (kept.includes(name)) continue
    const path = join(generations, name)
    const changed = lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now()
    // A younger one may be being built by another process.
    if (Date.now() - changed > 60_000) removeFolder(path)
  }
}

function currentGeneration(project: string): string | undefined {
  const link = join(project, '.zagi', 'env')
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? basename(readlinkSync(link)) : undefined
}
