import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Text by path, relative to the root of the repository. */
export type Texts = ReadonlyMap<string, string>

/** All text files that are tracked, or would be: what is ignored and what has a NUL byte is left out. */
export function trackedFiles(root: string): Texts {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const list = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const texts = new Map<string, string>()
  for (const path of new Set(list.split('\0'))) {
    const text = path === '' ? undefined : readText(join(root, path))
    if (text !== undefined) texts.set(path, text)
  }
  return texts
}

// Undefined also for links to folders and for what is tracked but removed.
function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path)
    return bytes.includes(0) ? undefined : bytes.toString('utf8')
  } catch {
    return undefined
  }
}

/** Prints problems one a line and sets the exit status. */
export function report(what: string, problems: string[]): void {
  for (const problem of problems) console.log(problem)
  console.log(problems.length === 0 ? `${what}: fine` : `${what}: ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
