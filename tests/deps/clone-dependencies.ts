import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { dependencyRules, findDependencyFolders, homeToken, pathRewriter, projectToken } from '../../deps/index.ts'

export interface Place {
  project: string
  home: string
}

/**
 * Brings the dependency folders of one project to another as a commit and a clone do: caches left out, paths
 * rewritten through the stored form, modes and times kept. Fails where a stored text still has a path of the old place.
 */
export function cloneDependencies(from: Place, to: Place): void {
  const folders = findDependencyFolders(from.project)
  const rules = dependencyRules(from.project, folders)
  const leave = rewriterOf(from)
  const arrive = rewriterOf(to)
  const copy = (path: string) => {
    const source = join(from.project, path)
    const target = join(to.project, path)
    const stat = lstatSync(source)
    if (stat.isDirectory()) {
      if (rules.exclude(path, true)) return
      mkdirSync(target, { recursive: true })
      for (const name of readdirSync(source)) copy(`${path}/${name}`)
    } else if (stat.isSymbolicLink()) {
      symlinkSync(arrive.linkFromStored(leave.linkToStored(readlinkSync(source))), target)
    } else {
      const bytes = readFileSync(source)
      const isRewritten = rules.classify(path, false) === 'rewrite'
      const stored = isRewritten ? leave.toStored(bytes) : bytes
      if (!bytes.includes(0) && Buffer.from(stored).includes(`${from.project}/`)) {
        throw new Error(`"${path}" is stored with a path of its project`)
      }
      writeFileSync(target, isRewritten ? arrive.fromStored(stored) : stored)
      chmodSync(target, stat.mode & 0o7777)
    }
    lutimesSync(target, stat.atime, stat.mtime)
  }
  for (const { path } of folders) copy(path)
}

function rewriterOf(place: Place) {
  return pathRewriter([
    { local: place.project, stored: projectToken },
    { local: place.home, stored: homeToken },
  ])
}
