import { lstatSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  crashPoint,
  ensureFolder,
  explaining,
  fsyncFolder,
  randomName,
  temporaryBeside,
  ZagiError,
} from '../base/index.ts'
import { localFolders } from './activation-variables.ts'
import { choosePrograms, type LinkedTool, type ProgramConflict } from './choose-programs.ts'
import { holdsGeneration, planGeneration, targetOf, writeGeneration } from './generation.ts'
import { removeFolder } from './remove-folder.ts'
import { isProgramName, isToolName, isToolVersion } from './tool-name.ts'

/**
 * Makes `.zagi/env` of a project hold exactly these tools; without tools there is none. It is a link to a folder in
 * `.zagi/state/env` that is built beside the one in use and swapped in by one rename: a kill leaves the old environment or the new
 * one. Does nothing where it is so already. Answers what to warn about.
 * @throws ZagiError BAD_NAME, HOME_TOO_LONG, DISK_FULL, NOT_WRITABLE, …
 */
export function linkEnvironment(project: string, tools: readonly LinkedTool[]): ProgramConflict[] {
  for (const tool of tools) checkTool(tool)
  const link = join(project, '.zagi', 'env')
  if (tools.length === 0) {
    if (targetOf(link) !== undefined) explaining('remove', link, () => rmSync(link))
    return []
  }
  const { programs, conflicts } = choosePrograms(tools)
  const generation = planGeneration(tools, programs)
  for (const folder of localFolders) ensureFolder(join(project, folder))
  if (holdsGeneration(link, generation)) return conflicts
  const generations = join(project, '.zagi', 'state', 'env')
  ensureFolder(generations)
  const folder = join(generations, randomName())
  const previous = basename(targetOf(link) ?? '')
  explaining('write', folder, () => writeGeneration(folder, generation))
  explaining('write', link, () => swapIn(link, folder))
  removeOldGenerations(generations, [basename(folder), previous])
  return conflicts
}

function checkTool({ name, version, bin }: LinkedTool): void {
  if (isToolName(name) && isToolVersion(version) && bin.every(isProgramName)) return
  throw new ZagiError('BAD_NAME', `"${name}@${version}" has a name, a version or a program that cannot be a file name`)
}

function swapIn(link: string, folder: string): void {
  const temporary = temporaryBeside(link)
  // Relative, so that it survives a move of the project.
  symlinkSync(`state/env/${basename(folder)}`, temporary)
  try {
    // A rename does not replace a folder, which somebody else must have made.
    if (lstatSync(link, { throwIfNoEntry: false })?.isDirectory()) renameSync(link, join(dirname(folder), randomName()))
    fsyncFolder(dirname(folder))
    renameSync(temporary, link)
  } finally {
    rmSync(temporary, { force: true })
  }
  fsyncFolder(dirname(link))
  crashPoint('env:linked')
}

/** `kept`: the new one, and the one that a program may be being started from at this moment. */
function removeOldGenerations(generations: string, kept: readonly string[]): void {
  for (const name of readdirSync(generations)) {
    if (kept.includes(name)) continue
    const path = join(generations, name)
    const changed = lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now()
    // A younger one may be being built by another process.
    if (Date.now() - changed > 60_000) removeFolder(path)
  }
}
