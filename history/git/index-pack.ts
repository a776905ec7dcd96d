import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { LongOperation } from '../../base/index.ts'
import { breather } from '../breathe.ts'
import { applyDelta } from './delta.ts'
import { checkObjectSize, corrupt, type ObjectKind, objectId } from './git-object.ts'
import { inflateExactly } from './inflate.ts'
import { encodePackIndex, type IndexedEntry } from './pack-builder.ts'
import { readEntryHeader } from './pack-entry.ts'

interface Entry extends IndexedEntry {
  kind: ObjectKind | undefined
  size: number
  /** Position of the compressed bytes. */
  dataAt: number
}

/**
 * Checks a whole pack that came from outside and makes its index: the trailer, every object's size and stream, every
 * delta down to an object in the same pack. @throws ZagiError GIT_OBJECT_CORRUPT
 */
export async function indexPack(name: string, bytes: Uint8Array, operation?: LongOperation): Promise<Buffer> {
  const pack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fail = (why: string): never => {
    throw corrupt(`The Git pack "${name}" is damaged: ${why}`)
  }
  const breathe = breather(operation)
  const end = pack.length - 20
  if (pack.length < 32 || pack.toString('latin1', 0, 4) !== 'PACK') fail('it does not start as a pack does')
  if (pack.readUInt32BE(4) !== 2) fail(`it has version ${pack.readUInt32BE(4)}`)
  const trailer = pack.subarray(end)
  if (hash('sha1', pack.subarray(0, end)) !== trailer.toString('hex')) fail('its checksum is wrong')
  if (name !== `pack-${trailer.toString('hex')}`) fail('its checksum is not its name')
  const count = pack.readUInt32BE(8)
  // An entry takes nine bytes at least: a header and the shortest zlib stream.
  if (count > (end - 12) / 9) fail(`it cannot hold ${count} objects`)

  const entries: Entry[] = []
  const children = new Map<number | string, Entry[]>()
  const bases = new Map<string, Entry>()
  let at = 12
  for (let i = 0; i < count; i++) {
    const header = readEntryHeader(pack.subarray(at, Math.min(at + 32, end)), at, fail)
    checkObjectSize(header.size, `An object in "${name}"`)
    const dataAt = at + header.length
    const inflated = inflateExactly(pack.subarray(dataAt, end), header.size)
    if (inflated.data === undefined) return fail(`the object at byte ${at} cannot be inflated`)
    const next = dataAt + inflated.used
    const entry: Entry = {
      id: header.kind === undefined ? '' : objectId(header.kind, inflated.data),
      offset: at,
      crc: crc32(pack.subarray(at, next)),
      kind: header.kind,
      size: header.size,
      dataAt,
    }
    entries.push(entry)
    if (entry.id !== '') bases.set(entry.id, entry)
    else {
      const base = header.baseOffset ?? header.baseId!
      const siblings = children.get(base)
      if (siblings === undefined) children.set(base, [entry])
      else siblings.push(entry)
    }
    at = next
    await breathe()
    operation?.onProgress?.({ phase: 'Checking source history', done: i + 1, total: count, unit: 'steps' })
  }
  if (at !== end) fail(`${end - at} bytes follow its last object`)

  const dataOf = (entry: Entry): Buffer => {
    const inflated = inflateExactly(pack.subarray(entry.dataAt, end), entry.size)
    return inflated.data ?? fail(`the object at byte ${entry.offset} cannot be inflated`)
  }
  const takeChildren = (entry: Entry): Entry[] => {
    const found = [...(children.get(entry.offset) ?? []), ...(children.get(entry.id) ?? [])]
    children.delete(entry.offset)
    children.delete(entry.id)
    return found
  }
  for (const root of bases.values()) {
    // Depth first, so that only the objects of one chain are in memory.
    const stack = takeChildren(root).map((entry) => ({ entry, base: undefined as Buffer | undefined }))
    if (stack.length === 0) continue
    const rootData = dataOf(root)
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const data = applyDelta(top.base ?? rootData, dataOf(top.entry), fail)
      top.entry.kind = root.kind
      top.entry.id = objectId(root.kind!, data)
      for (const entry of takeChildren(top.entry)) stack.push({ entry, base: data })
      await breathe()
    }
  }
  if (children.size > 0) fail('the base of a delta is not in it')
  const ids = new Set(entries.map((entry) => entry.id))
  if (ids.size !== entries.length) fail('it has an object twice')
  return encodePackIndex(entries, trailer)
}
