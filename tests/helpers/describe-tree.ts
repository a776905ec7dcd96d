import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every entry below a folder as one line: path, kind, mode, time in nanoseconds, content. Equal lists mean equal trees.
 * @param options.times leave out where only content counts
 */
export function describeTree(root: string, options: { skip?(path: string): boolean; times?: boolean } = {}): string[] {
  const { skip = () => false, times = true } = options
  const lines: string[] = []
  const visit = (path: string) => {
    const stat = lstatSync(join(root, path), { bigint: true })
    const time = times ? ` ${stat.mtimeNs}` : ''
    const mode = (Number(stat.mode) & 0o7777).toString(8)
    if (stat.isSymbolicLink()) lines.push(`${path} link${time} ${readlinkSync(join(root, path))}`)
    else if (stat.isDirectory()) {
      lines.push(`${path} folder ${mode}${time}`)
      for (const name of readdirSync(join(root, path)).sort()) {
        const below = path === '' ? name : `${path}/${name}`
        if (!skip(below)) visit(below)
      }
    } else lines.push(`${path} file ${mode}${time} ${digest(join(root, path))}`)
  }
  visit('')
  return lines
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
}

/** Fails with the first lines in which two descriptions differ. */
export function expectSameTree(actual: string[], expected: string[]): void {
  const [a, b] = [new Set(actual), new Set(expected)]
  const extra = actual.filter((line) => !b.has(line)).map((line) => `+ ${line}`)
  const lacking = expected.filter((line) => !a.has(line)).map((line) => `- ${line}`)
  const different = [...extra, ...lacking].sort((x, y) => (x.slice(2) < y.slice(2) ? -1 : 1))
  if (different.length > 0) {
    throw new Error(`The trees differ in ${different.length} lines:\n${different.slice(0, 30).join('\n')}`)
  }
}
