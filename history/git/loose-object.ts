import { deflateSync, inflateSync } from 'node:zlib'
import { corrupt, type GitObject, isObjectKind, maximumObject, type ObjectKind } from './git-object.ts'

/** The file name of a loose object, relative to the objects folder. */
export function loosePath(id: string): string {
  return `${id.slice(0, 2)}/${id.slice(2)}`
}

/** Bytes of a loose object's file: the zlib stream of `kind size NUL bytes`. */
export function encodeLoose(kind: ObjectKind, bytes: Uint8Array): Buffer {
  const header = Buffer.from(`${kind} ${bytes.length}\0`, 'latin1')
  // Level 1, as Git's own default for loose objects.
  return deflateSync(Buffer.concat([header, bytes]), { level: 1 })
}

/** Reads the file of a loose object. @throws ZagiError GIT_OBJECT_CORRUPT */
export function decodeLoose(file: Uint8Array, id: string): GitObject {
  let whole: Buffer
  try {
    whole = inflateSync(file, { maxOutputLength: maximumObject + 64 })
  } catch (error) {
    throw corrupt(`The Git object "${id}" cannot be inflated`, error)
  }
  const end = whole.subarray(0, 32).indexOf(0)
  const header = /^([a-z]+) (0|[1-9][0-9]{0,9})$/.exec(whole.toString('latin1', 0, Math.max(end, 0)))
  const kind = header?.[1] ?? ''
  if (!isObjectKind(kind)) throw corrupt(`The Git object "${id}" has no valid header`)
  const bytes = whole.subarray(end + 1)
  if (bytes.length !== Number(header![2])) {
    throw corrupt(`The Git object "${id}" has ${bytes.length} bytes where its header says ${header![2]}`)
  }
  return { kind, bytes }
}
