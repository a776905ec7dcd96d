import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '../helpers/random.ts'

const names = ['a', 'b.ts', 'c-d', 'c', 'é', 'lib', 'src', 'x.log', 'sub dir', '.dot', 'Z', '\ud83d\ude00']

/** Makes one random edit of a working folder: files, links, modes, folders that take a file's place, ignore files. */
export function randomEdit(root: string, source: Random): void {
  const { below, pick, bytes } = source
  const path = Array.from({ length: 1 + below(3) }, () => pick(names)).join('/')
  const kind = below(9)
  if (kind <= 2) write(root, path, bytes(below(200)))
  else if (kind === 3) write(root, path, Buffer.from(`text ${below(5)}\n`))
  else if (kind === 4) {
    clear(root, path)
    symlinkSync(pick(['a', '../b.ts', 'nowhere', '/etc/passwd', 'src']), join(root, path))
  } else if (kind === 5) clear(root, path)
  else if (kind === 6) {
    if (isFile(join(root, path))) chmodSync(join(root, path), pick([0o644, 0o755, 0o600, 0o700]))
  } else if (kind === 7) {
    const ignore = join(dirname(path), '.gitignore')
    write(root, ignore, Buffer.from(pick(['*.log\n', 'lib/\n', '!x.log\n', '/src\n', ''])))
  } else {
    clear(root, `${path}/new`)
  }
}

function write(root: string, path: string, bytes: Buffer): void {
  clear(root, path)
  writeFileSync(join(root, path), bytes)
}

// What is at the path goes, and whatever is no folder above it.
function clear(root: string, path: string): void {
  const parts = path.split('/')
  for (let i = 1; i < parts.length; i++) {
    const above = join(root, ...parts.slice(0, i))
    if (lstatSync(above, { throwIfNoEntry: false })?.isDirectory()) continue
    rmSync(above, { force: true })
    mkdirSync(above)
  }
  rmSync(join(root, path), { recursive: true, force: true })
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}

/** The files of a folder with type, executable bit and content, for comparing; `.git` and `.zagi` left out. */
export function describeFiles(root: string, path = ''): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .flatMap((entry) => {
      const child = path === '' ? entry.name : `${path}/${entry.name}`
      const target = join(root, child)
      if (child === '.git' || child === '.zagi') return []
      if (entry.isDirectory()) return [`${child}/`, ...describeFiles(root, child)]
      if (entry.isSymbolicLink()) return [`${child} -> ${readlinkSync(target)}`]
      const executable = (lstatSync(target).mode & 0o100) !== 0 ? '*' : ''
      return [`${child}${executable} ${readFileSync(target).toString('base64')}`]
    })
    .sort()
}
