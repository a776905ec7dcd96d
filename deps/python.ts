import { closeSync, existsSync, lstatSync, openSync, readSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Package } from './dependency-folder.ts'
import { foldersIn, readText } from './lenient-reading.ts'

/** The file that makes a folder a virtual environment. */
export const venvMarker = 'pyvenv.cfg'

/** The site-packages folders of a virtual environment, relative to it. A `lib64` that is a link is left out. */
function sitePackages(venv: string): string[] {
  const found: string[] = []
  for (const library of ['lib', 'lib64']) {
    if (lstatSync(join(venv, library), { throwIfNoEntry: false })?.isDirectory() !== true) continue
    for (const version of foldersIn(join(venv, library))) {
      const path = `${library}/${version}/site-packages`
      if (existsSync(join(venv, path))) found.push(path)
    }
  }
  return found
}

/** What is installed in a virtual environment, by its metadata folders. */
export function pythonPackages(venv: string): Package[] {
  const found: Package[] = []
  for (const folder of sitePackages(venv)) {
    for (const name of foldersIn(join(venv, folder))) {
      const metadata = /^(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist-info|egg-info)$/.exec(name)
      if (metadata) found.push({ name: metadata[1]!, version: metadata[2]! })
    }
  }
  return found
}

/** The files that came unchanged out of wheels, relative to the virtual environment: see docs/dependency-folders.md. */
export function filesFromWheels(venv: string): Set<string> {
  const found = new Set<string>()
  for (const folder of sitePackages(venv)) {
    for (const name of foldersIn(join(venv, folder))) {
      if (!name.endsWith('.dist-info')) continue
      const list = readText(join(venv, folder, name, 'RECORD'))
      for (const [path, hash] of list ? readRecord(list) : []) {
        const file = posix.join(folder, path)
        if (hash.startsWith('sha256=') && !path.startsWith('/') && isUntouched(file, path, name)) found.add(file)
      }
    }
  }
  return found
}

// Installers write the files directly in the metadata folder's list that no wheel can know, rewrite the first line of
// scripts, and compile bytecode. Some of it is in the list, with a hash.
function isUntouched(file: string, path: string, metadata: string): boolean {
  if (file.startsWith('bin/') || file.startsWith('../') || file.endsWith('.pyc')) return false
  if (!path.startsWith(`${metadata}/`)) return true
  return !installerFiles.has(path.slice(metadata.length + 1))
}

const installerFiles: ReadonlySet<string> = new Set(['INSTALLER', 'REQUESTED', 'RECORD', 'direct_url.json'])

/** Lines of `path,hash,size`; a path that has a comma or a quote is quoted as in CSV. */
function* readRecord(list: string): Generator<[path: string, hash: string]> {
  for (const line of list.split(/\r?\n/)) {
    if (!line.startsWith('"')) {
      const comma = line.indexOf(',')
      if (comma > 0) yield [line.slice(0, comma), line.slice(comma + 1)]
      continue
    }
    const quoted = /^"((?:[^"]|"")*)",(.*)$/.exec(line)
    if (quoted) yield [quoted[1]!.replaceAll('""', '"'), quoted[2]!]
  }
}

/**
 * True for the files of a virtual environment that may hold absolute paths of the project or of the interpreter.
 * @param folder of the file, relative to the environment
 */
export function mayHoldPaths(venv: string, folder: string, name: string): boolean {
  if (folder === '') return name === venvMarker
  if (folder === 'bin') return /^activate/i.test(name) || isScript(join(venv, folder, name))
  if (folder.endsWith('/site-packages')) {
    // Editable installs: path files, links of old setuptools, import hooks such as __editable___NAME_finder.py.
    return name.endsWith('.pth') || name.endsWith('.egg-link') || (name.endsWith('.py') && name.includes('editable'))
  }
  return name === 'direct_url.json' && folder.endsWith('.dist-info')
}

// Rewritten files are read whole each time: a look at two bytes spares that for interpreters and compiled programs.
function isScript(path: string): boolean {
  const start = Buffer.alloc(2)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, start)
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
  return start.toString('latin1') === '#!'
}
