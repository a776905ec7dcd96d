import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { explaining, ZagiError } from '../../base/index.ts'
import { maximumDepth, maximumFile, type StoreEntry, strictText } from './store-entry.ts'

/**
 * Walks a store path on disk in NAR order. Nobody writes into it meanwhile: Nix keeps it read-only.
 * @throws ZagiError NAME_NOT_UTF8, FILE_TYPE, TOO_LARGE, NOT_READABLE
 */
export function* folderEntries(root: string): Generator<StoreEntry, void, undefined> {
  yield* walk(Buffer.from(root), '', 0)
}

function* walk(place: Buffer, path: string, depth: number): Generator<StoreEntry, void, undefined> {
  const shown = place.toString()
  const stat = explaining('look at', shown, () => lstatSync(place))
  if (stat.isSymbolicLink()) {
    const target = explaining('read the link', shown, () => readlinkSync(place, { encoding: 'buffer' }))
    yield { kind: 'link', path, target: text(target, shown) }
  } else if (stat.isFile()) {
    if (stat.size > maximumFile) throw tooLarge(`"${shown}" has ${stat.size} bytes, the limit is ${maximumFile}`)
    // Nix looks at the owner's bit only.
    const executable = (stat.mode & 0o100) !== 0
    const read = () => explaining('read', shown, () => readFileSync(place))
    yield { kind: 'file', path, executable, size: stat.size, read }
  } else if (stat.isDirectory()) {
    if (depth >= maximumDepth) throw tooLarge(`The folders of "${shown}" are nested deeper than ${maximumDepth}`)
    yield { kind: 'folder', path }
    const names = explaining('list', shown, () => readdirSync(place, { encoding: 'buffer' }))
    for (const name of names.sort(Buffer.compare)) {
      const inside = text(name, shown)
      yield* walk(Buffer.concat([place, slash, name]), path === '' ? inside : `${path}/${inside}`, depth + 1)
    }
    yield { kind: 'end', path }
  } else {
    throw new ZagiError('FILE_TYPE', `"${shown}" is not a file, folder or symbolic link`)
  }
}

const slash = Buffer.from('/')

function text(bytes: Uint8Array, place: string): string {
  const text = strictText(bytes)
  if (text !== undefined) return text
  throw new ZagiError('NAME_NOT_UTF8', `A name or link in "${basename(place)}" is not UTF-8`, {
    hint: 'Such a tool cannot be kept: choose another version',
  })
}

function tooLarge(message: string): ZagiError {
  return new ZagiError('TOO_LARGE', message)
}
