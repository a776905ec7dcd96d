import { readdirSync, readFileSync, statSync } from 'node:fs'

// What package managers recorded is only ever used to know more: what is missing, damaged, absurdly large or no file at
// all (opening a FIFO would wait for ever) counts as nothing known.

const maximumBytes = 64 * 1024 * 1024

/** The text of a file, or undefined. */
export function readText(path: string): string | undefined {
  try {
    const stat = statSync(path)
    return stat.isFile() && stat.size <= maximumBytes ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

/** The value in a JSON file, or undefined. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path) ?? 'null')
  } catch {
    return undefined
  }
}

/** The value as an object with unknown properties, or an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** Names of the folders in a folder, links left out. */
export function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  } catch {
    return []
  }
}
