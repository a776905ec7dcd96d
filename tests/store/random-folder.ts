import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setPathTime } from '../../store/native-times.ts'
import type { Random } from '../helpers/random.ts'

const parts = ['a', 'b', 'Z', '-', '.x', 'é', '日', '\u{1f600}', '\uffee', ' ', '\n', '\\', '$']
const fileModes = [0o644, 0o755, 0o600, 0o444, 0o555, 0o664, 0o4755]
const folderModes = [0o755, 0o700, 0o555, 0o2775]
const sizes = [0, 1, 100, 8128, 8129, 70_000, 140_000]

export interface FolderShape {
  /** Entries of a folder at most. */
  breadth?: number
  depth?: number
  /** Size of one file that there is besides the others. */
  bigFile?: number
  /** Folders stay writable for their owner, so that the test can change something in them. */
  writable?: boolean
}

/**
 * Fills a folder with files, links and folders of all kinds of names, sizes, modes and nanosecond times.
 * @returns relative paths of the files
 */
export function fillFolder(folder: string, source: Random, shape: FolderShape = {}): string[] {
  const { breadth = 8, depth = 4, bigFile = 0, writable = false } = shape
  const files: string[] = []
  mkdirSync(folder, { recursive: true })
  if (bigFile > 0) writeFileSync(join(folder, 'big.bin'), Buffer.alloc(bigFile, source.bytes(65_521)))
  const fill = (path: string, level: number) => {
    const names = new Set<string>()
    for (let i = source.below(breadth + 1); i > 0; i--) names.add(randomName(source))
    for (const name of names) {
      const child = path === '' ? name : `${path}/${name}`
      const full = join(folder, child)
      const kind = source.below(8)
      if (kind === 0) symlinkSync(source.pick(['nowhere', '../x', '.', '/etc/hosts', 'é\n']), full)
      else if (kind <= 3 && level < depth) {
        mkdirSync(full)
        fill(child, level + 1)
        chmodSync(full, source.pick(folderModes) | (writable ? 0o200 : 0))
      } else {
        writeFileSync(full, randomContent(source))
        chmodSync(full, source.pick(fileModes))
        files.push(child)
      }
      setPathTime(full, randomTime(source))
    }
  }
  fill('', 0)
  setPathTime(folder, randomTime(source))
  return files
}

function randomName(source: Random): string {
  return Array.from({ length: 1 + source.below(5) }, () => source.pick(parts)).join('')
}

export function randomContent(source: Random): Buffer {
  const size = source.pick(sizes)
  return size === 0 ? Buffer.alloc(0) : Buffer.alloc(size, source.bytes(1 + source.below(3000)))
}

/** A moment between 1965 and 2038, odd to the nanosecond. */
export function randomTime(source: Random): bigint {
  return BigInt(source.below(2 ** 31 + 150_000_000) - 150_000_000) * 1_000_000_000n + BigInt(source.below(1e9))
}
