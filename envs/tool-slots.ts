import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder, errnoOf, readFileIfPresent, writeFileAtomic } from '../base/index.ts'
import type { ClosurePath } from './closure.ts'
import { dependenciesFirst } from './dependencies-first.ts'
import { tailLength } from './relocation.ts'
import { digits, hashLength } from './store-name.ts'

/** A place below the tools folder, taken by one closure path. */
export interface Slot {
  path: ClosurePath
  /** Takes the hash's place in every reference: its last characters, or others where those were taken. */
  tail: string
  folder: string
}

// One record a slot, in a folder of its own: a store name may end in anything, a slot's name never starts with a dot.
export const records = '.meta'
const maximumAttempts = 1000

/**
 * Takes a slot for each path of a closure. The record of a slot is created exclusively and before anything is written into it, so
 * that of several processes all agree which bytes belong there: same name, NAR hash, tree, prefix and slots of what it refers to.
 * A slot whose record says something else is left alone, and another tail is tried.
 * @returns one slot for each path, in order
 */
export function takeSlots(tools: string, prefix: string, paths: readonly ClosurePath[]): Slot[] {
  ensureFolder(join(tools, records))
  const slots: Slot[] = new Array(paths.length)
  // References go into a slot's record, so what a path refers to is settled before the path itself.
  for (const at of dependenciesFirst(paths)) {
    const path = paths[at]!
    const references = path.references.map((other) => (other === at ? 'self' : slotName(slots[other]!)))
    slots[at] = takeSlot(tools, path, JSON.stringify(identity(path, prefix, references)), tailLength(prefix))
  }
  return slots
}

function takeSlot(tools: string, path: ClosurePath, wanted: string, length: number): Slot {
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const tail = attempt === 0 ? path.name.slice(hashLength - length, hashLength) : otherTail(wanted, attempt, length)
    const slot: Slot = { path, tail, folder: '' }
    slot.folder = join(tools, slotName(slot))
    if (isTaken(join(tools, records, slotName(slot)), slot.folder, wanted)) return slot
  }
  throw new Error(`Bug: no free place for "${path.name}" in "${tools}"`)
}

/** True if the slot is ours: its record was just created, or says the same. */
function isTaken(record: string, folder: string, wanted: string): boolean {
  const found = readFileIfPresent(record)
  if (found !== undefined) return found.toString() === wanted
  // A folder always comes after its record: this one is not a tool's.
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined && readFileIfPresent(record) === undefined)
    return false
  try {
    writeFileAtomic(record, wanted, { exclusive: true })
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return readFileIfPresent(record)?.toString() === wanted
  }
}

function slotName({ path, tail }: Slot): string {
  return `${tail}${path.name.slice(hashLength)}`
}

function identity(path: ClosurePath, prefix: string, references: string[]): object {
  const { name, narHash, tree, tables } = path
  return { version: 1, name, narHash, tree, tables: tables.id, prefix, references }
}

function otherTail(wanted: string, attempt: number, length: number): string {
  const bytes = createHash('sha256').update(`${attempt}:${wanted}`).digest()
  return Array.from(bytes.subarray(0, length), (byte) => digits[byte % digits.length]).join('')
}
