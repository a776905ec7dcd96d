import { isSystemName, type SystemName, ZagiError } from '../base/index.ts'
import type { BlobRef, Id } from '../store/index.ts'
import type { Manager } from './dependency-folder.ts'

/** The content of `.zagi/lock/deps.<system>.json`, see docs/formats/deps-pointer.md. */
export interface DepsPointer {
  version: 1
  system: SystemName
  /** Root tree: the dependency folders at their project-relative places. */
  root: Id
  times: BlobRef
  /** Sorted by path, none inside another. */
  folders: PointedFolder[]
  files: number
  bytes: number
  packages: number
}

export interface PointedFolder {
  path: string
  manager: Manager
  packages: number
}

const maximumBytes = 4 * 1024 * 1024
const maximumFolders = 10_000
const managers: readonly string[] = ['npm', 'pnpm', 'yarn', 'bun', 'python'] satisfies Manager[]

/**
 * Reads a pointer file, which comes from whoever wrote the repository: nothing in it is believed. A folder can
 * neither lead out of the project nor into `.git` or `.zagi`, and a manager of Node packages can only own folders
 * that are called `node_modules`.
 * @throws ZagiError MANIFEST_CORRUPT, FORMAT_TOO_NEW
 */
export function parseDepsPointer(bytes: Uint8Array): DepsPointer {
  if (bytes.length > maximumBytes) corrupt(`it has ${bytes.length} bytes, ${maximumBytes} are allowed`)
  const content = fields(parseJson(bytes), 'the content')
  const version = count(content, 'version')
  if (version > 1) {
    throw new ZagiError('FORMAT_TOO_NEW', `The dependency pointer has version ${version}, this zagi reads version 1`, {
      hint: 'Install a newer zagi',
    })
  }
  if (version !== 1) corrupt(`"version" is ${version}`)
  const system = content['system']
  if (!isSystemName(system)) corrupt(`"system" is ${JSON.stringify(system)}`)
  return {
    version,
    system,
    root: id(content, 'root'),
    times: blobRef(content['times']),
    folders: folders(content['folders']),
    files: count(content, 'files'),
    bytes: count(content, 'bytes'),
    packages: count(content, 'packages'),
  }
}

/** The file's text: one value a line and one folder a line, so that Git shows and merges it well. Ends with a line feed. */
export function formatDepsPointer(pointer: DepsPointer): string {
  const { version, system, root, times, files, bytes, packages } = pointer
  const lines = [...pointer.folders]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((folder) => JSON.stringify({ path: folder.path, manager: folder.manager, packages: folder.packages }))
  const text = [
    '{',
    `  "version": ${version},`,
    `  "system": ${JSON.stringify(system)},`,
    `  "root": ${JSON.stringify(root)},`,
    `  "times": ${JSON.stringify({ id: times.id, size: times.size, chunked: times.chunked })},`,
    `  "files": ${files},`,
    `  "bytes": ${bytes},`,
    `  "packages": ${packages},`,
    lines.length === 0 ? '  "folders": []' : `  "folders": [\n    ${lines.join(',\n    ')}\n  ]`,
    '}',
    '',
  ]
  return text.join('\n')
}

function corrupt(why: string): never {
  throw new ZagiError('MANIFEST_CORRUPT', `The dependency pointer is damaged: ${why}`, {
    hint: 'If a merge left conflict marks in it, take one side with "git checkout --ours" or "--theirs"; else take it from an earlier commit, or commit the dependencies again',
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return corrupt('it is not JSON')
  }
}

function fields(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  return corrupt(`${what} is not an object`)
}

function count(content: Record<string, unknown>, name: string): number {
  const value = content[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  return corrupt(`"${name}" is not a whole number`)
}

function id(content: Record<string, unknown>, name: string): Id {
  const value = content[name]
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value
  return corrupt(`"${name}" is not an id`)
}

function blobRef(value: unknown): BlobRef {
  const content = fields(value, '"times"')
  const { chunked } = content
  if (typeof chunked !== 'boolean') corrupt('"chunked" is neither true nor false')
  return { id: id(content, 'id'), size: count(content, 'size'), chunked }
}

function folders(value: unknown): PointedFolder[] {
  if (!Array.isArray(value)) return corrupt('"folders" is not a list')
  if (value.length > maximumFolders) corrupt(`it has ${value.length} folders, ${maximumFolders} are allowed`)
  const found = value.map(folder)
  // With NUL, which no path has, for '/' everything below a folder follows it directly.
  const sorted = found.map(({ path }) => `${path.replaceAll('/', '\0')}\0`).sort()
  for (const [at, path] of sorted.entries()) {
    if (at > 0 && path.startsWith(sorted[at - 1]!)) corrupt('a folder lies inside another or is listed twice')
  }
  return found
}

function folder(value: unknown): PointedFolder {
  const content = fields(value, 'a folder')
  const { path, manager } = content
  if (typeof manager !== 'string' || !managers.includes(manager)) {
    return corrupt(`a folder has the manager ${JSON.stringify(manager)}`)
  }
  if (typeof path !== 'string' || !isSafe(path)) return corrupt(`${JSON.stringify(path)} cannot be a dependency folder`)
  if (manager !== 'python' && path !== 'node_modules' && !path.endsWith('/node_modules')) {
    return corrupt(`${JSON.stringify(path)} cannot be a folder of ${manager}`)
  }
  return { path, manager: manager as Manager, packages: count(content, 'packages') }
}

// Case is ignored because some file systems do: there ".GIT" is Git's own folder.
const forbidden: ReadonlySet<string> = new Set(['', '.', '..', '.git', '.zagi'])

function isSafe(path: string): boolean {
  if (path.length > 4096 || path.includes('\0') || !path.isWellFormed()) return false
  return path.split('/').every((segment) => !forbidden.has(segment.toLowerCase()))
}
