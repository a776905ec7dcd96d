import { isUtf8 } from 'node:buffer'
import { readdirSync, readlinkSync } from 'node:fs'
import { errnoOf, explainSystemError, ZagiError } from '../base/index.ts'
import { sortNames } from './path-order.ts'

/** The names in a folder, sorted by their bytes; none where the folder is gone. @throws ZagiError NAME_NOT_UTF8, NOT_READABLE */
export function namesIn(path: string): string[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return []
    throw explainSystemError(error, 'read the folder', path)
  }
  // Node puts U+FFFD where bytes are not UTF-8; a name may also really have it.
  if (names.some((name) => name.includes('\ufffd'))) {
    const bad = readdirSync(path, { encoding: 'buffer' }).find((name) => !isUtf8(name))
    if (bad) throw notUtf8('name', `${path}/${escapeBytes(bad)}`)
  }
  return sortNames(names)
}

/** Where a link points, or undefined where it is gone. @throws ZagiError NAME_NOT_UTF8 */
export function readTarget(path: string): string | undefined {
  try {
    const target = readlinkSync(path)
    if (!target.includes('\ufffd')) return target
    const bytes = readlinkSync(path, { encoding: 'buffer' })
    if (isUtf8(bytes)) return target
    throw notUtf8('target', `${path} -> ${escapeBytes(bytes)}`)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EINVAL') return undefined
    throw explainSystemError(error, 'read the link', path)
  }
}

function notUtf8(what: 'name' | 'target', escaped: string): ZagiError {
  return new ZagiError('NAME_NOT_UTF8', `The ${what} of "${escaped}" is not UTF-8`, {
    hint: 'Rename it: names are kept as UTF-8',
  })
}

/** Bytes for a message: printable ASCII as it is, the rest as \xNN. */
function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
