import { blockInHash, blockLength, forEachText, type NameIndex } from './name-index.ts'
import type { SplitReference, WholeReference } from './reference-tables.ts'
import { hashLength, storePrefix } from './store-name.ts'

export interface FoundSplitReferences {
  /** Ascending by offset. */
  split: SplitReference[]
  /** True if blocks of a path are there in a way that cannot be rewritten. */
  broken: boolean
}

/**
 * Finds paths that a compiler took apart: it may copy a string with vector constants, and then the path lies in the program as
 * 16-byte blocks in any order. Looks for the block that is nothing but hash, then for the others of that path.
 * @param whole the whole references of the same bytes
 */
export function findSplitReferences(
  bytes: Uint8Array,
  index: NameIndex,
  whole: readonly WholeReference[],
): FoundSplitReferences {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isProgram(buffer)) return { split: [], broken: false }
  const anchors = new Set<number>()
  forEachText(buffer, index.blocks, (at, path) => {
    if (!isInsideHash(buffer, at - blockInHash, index.names[path]!)) anchors.add(path)
  })
  const covered = new Set(whole.filter(([, , width]) => width === 1).map(([offset]) => offset))
  const found = new Map<number, SplitReference>()
  let broken = false
  for (const path of [...anchors].sort((a, b) => a - b)) {
    const blocks = findBlocks(buffer, path, index.names[path]!, covered)
    // Without its first block the path would come out half rewritten; a block of two paths can only become one of them.
    const usable = blocks.some(([, , block]) => block === 0) && !blocks.some(([offset]) => found.has(offset))
    if (usable) for (const block of blocks) found.set(block[0], block)
    else broken = true
  }
  return { split: [...found.values()].sort((a, b) => a[0] - b[0]), broken }
}

function findBlocks(buffer: Buffer, path: number, name: string, covered: Set<number>): SplitReference[] {
  const full = Buffer.from(`/${storePrefix}${name}`)
  const found: SplitReference[] = []
  for (const block of [0, 1, 2] as const) {
    const needle = full.subarray(blockLength * block, blockLength * (block + 1))
    for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
      const start = at - blockLength * block
      if (covered.has(start + 1) || isInsideHash(buffer, start + blockLength - blockInHash, name)) continue
      if (at + blockLength <= buffer.length) found.push([at, path, block])
    }
  }
  return found
}

/** True if the whole hash of `name` lies at `at`: a block there is part of a whole reference or of a bare hash. */
function isInsideHash(buffer: Buffer, at: number, name: string): boolean {
  return at >= 0 && buffer.toString('latin1', at, at + hashLength) === name.slice(0, hashLength)
}

/** ELF, Mach-O, and archives of object files. */
function isProgram(buffer: Buffer): boolean {
  if (buffer.length < 8) return false
  const magic = buffer.readUInt32BE(0)
  const isObject = magic === 0x7f454c46 || magic === 0xcffaedfe || magic === 0xcafebabe
  return isObject || buffer.toString('latin1', 0, 8) === '!<arch>\n'
}
