import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, temporaryBeside } from '../base/index.ts'

/**
 * Makes `link` point at `target`, or finds that it does already. The folder it lies in must belong to this user and be closed to
 * others, so that nobody else can point it elsewhere: `/tmp` is everybody's, a folder in it need not be.
 * @returns false where that folder is not ours, cannot be made, or something else lies at `link`
 */
export function ensureShortLink(link: string, target: string): boolean {
  try {
    if (!isOwnFolder(dirname(link))) return false
    const found = lstatSync(link, { throwIfNoEntry: false })
    if (found?.isSymbolicLink() && readlinkSync(link) === target) return true
    // A link to a folder that is gone was left behind when the home was moved; any other belongs to somebody's tools.
    if (found !== undefined && !(found.isSymbolicLink() && isGone(link))) return false
    const temporary = temporaryBeside(link)
    symlinkSync(target, temporary)
    try {
      renameSync(temporary, link)
    } finally {
      rmSync(temporary, { force: true })
    }
    return true
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return false
  }
}

function isGone(link: string): boolean {
  return statSync(link, { throwIfNoEntry: false }) === undefined
}

/** Makes the folder if it is not there; true if it is a real folder of this user and nobody else can change or replace it. */
function isOwnFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  const me = process.getuid?.()
  const found = lstatSync(folder)
  const parent = statSync(dirname(folder))
  const own = found.isDirectory() && found.uid === me && (found.mode & othersWrite) === 0
  // In a sticky folder others can make entries, but only its owner can rename ours.
  const safe = (parent.mode & othersWrite) === 0 || (parent.mode & sticky) !== 0
  return own && safe && (parent.uid === me || parent.uid === 0)
}

const othersWrite = 0o022
const sticky = 0o1000
