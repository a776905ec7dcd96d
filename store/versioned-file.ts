import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  errnoOf,
  explainSystemError,
  fsyncFolder,
  readFileIfPresent,
  temporaryBeside,
  writeFileAtomic,
} from '../base/index.ts'
import { hash } from './hash.ts'

/**
 * A small file that many processes, on several machines too, replace by compare-and-swap without any lock.
 * It is a folder of numbered versions; the highest is the present one. Creating the next number is a hard link, which
 * only one process can make. Old versions are removed from the lowest up, the last ones stay.
 */
export interface Versioned {
  bytes: Uint8Array
  /** Number and content, so that a version never comes back after the folder was removed. */
  version: string
}

const keptVersions = 16

/** The present version, or undefined. */
export function readVersioned(folder: string): Versioned | undefined {
  for (;;) {
    const number = numbers(folder).at(-1)
    if (number === undefined) return undefined
    const bytes = readFileIfPresent(join(folder, fileName(number)))
    // Undefined where many others were faster than this reading.
    if (bytes !== undefined) return { bytes, version: versionOf(number, bytes) }
  }
}

/** Replaces the version `expected` (undefined: there is none). @returns the new version, undefined where it was another */
export function replaceVersioned(folder: string, bytes: Uint8Array, expected: string | undefined): string | undefined {
  if (readVersioned(folder)?.version !== expected) return undefined
  const before = Number(expected?.split('-')[0] ?? 0)
  try {
    mkdirSync(folder, { recursive: true })
    const number = before + 1
    if (!create(folder, number, bytes)) return undefined
    fsyncFolder(folder)
    fsyncFolder(dirname(folder))
    for (const old of numbers(folder).slice(0, -keptVersions)) rmSync(join(folder, fileName(old)), { force: true })
    return versionOf(number, bytes)
  } catch (error) {
    throw explainSystemError(error, 'write', folder)
  }
}

function create(folder: string, number: number, bytes: Uint8Array): boolean {
  const path = join(folder, fileName(number))
  const temporary = temporaryBeside(path)
  writeFileAtomic(temporary, bytes)
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  // Whoever slept long enough may have made a number that others made and removed already. Then the one before it is
  // gone too, because the lowest go first; and where there was none before, there are others now.
  const now = numbers(folder)
  const first = number === 1 ? now.length === 1 : now.includes(number - 1)
  if (!first) rmSync(path, { force: true })
  return first
}

/** True if a directory entry is the folder of a versioned file. */
export function isVersionedName(name: string): boolean {
  return name.endsWith(suffix)
}

const suffix = '@'

export function versionedFolder(path: string): string {
  return path + suffix
}

function numbers(folder: string): number[] {
  try {
    const names = readdirSync(folder).filter((name) => /^[0-9]{12}$/.test(name))
    return names.map(Number).sort((a, b) => a - b)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw explainSystemError(error, 'read', folder)
  }
}

function fileName(number: number): string {
  return String(number).padStart(12, '0')
}

function versionOf(number: number, bytes: Uint8Array): string {
  return `${number}-${hash(bytes).slice(0, 16)}`
}
