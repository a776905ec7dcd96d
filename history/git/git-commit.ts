import type { Signature } from '../types.ts'
import { corrupt, isObjectId } from './git-object.ts'

/** A header of a commit beyond Git's own five: `change-id`, `gpgsig`, `mergetag`, … The value may have several lines. */
export interface ExtraHeader {
  name: string
  value: string
}

/** A commit object. Everything that was read is kept, so that encoding it again gives the same bytes. */
export interface GitCommit {
  tree: string
  parents: string[]
  author: Signature
  committer: Signature
  /** Headers after the committer, in order; `encoding` is one of them. */
  extra: ExtraHeader[]
  message: string
}

/** Reads a commit object. @throws ZagiError GIT_OBJECT_CORRUPT */
export function decodeCommit(bytes: Buffer, id: string): GitCommit {
  const fail = (why: string): never => {
    throw corrupt(`The commit "${id}" is damaged: ${why}`)
  }
  const end = bytes.indexOf('\n\n')
  const head = bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
  const lines = head.split('\n')
  if (end < 0 && lines.at(-1) === '') lines.pop()
  let at = 0
  const value = (name: string): string | undefined => {
    const line = lines[at]
    if (line === undefined || !line.startsWith(`${name} `)) return undefined
    at++
    return line.slice(name.length + 1)
  }
  const objectName = (name: string, text: string): string => (isObjectId(text) ? text : fail(`"${name}" is no object`))
  const tree = objectName('tree', value('tree') ?? fail('it has no tree'))
  const parents: string[] = []
  for (let parent = value('parent'); parent !== undefined; parent = value('parent')) {
    parents.push(objectName('parent', parent))
  }
  const author = decodeSignature(value('author') ?? fail('it has no author'))
  const committer = decodeSignature(value('committer') ?? fail('it has no committer'))
  const extra: ExtraHeader[] = []
  for (const line of lines.slice(at)) {
    const last = extra.at(-1)
    const space = line.indexOf(' ')
    if (line.startsWith(' ') && last !== undefined) last.value += `\n${line.slice(1)}`
    else if (space > 0) extra.push({ name: line.slice(0, space), value: line.slice(space + 1) })
    else fail(`"${line.slice(0, 40)}" is not a header`)
  }
  const message = end < 0 ? '' : decodeText(bytes.subarray(end + 2), extra)
  return { tree, parents, author, committer, extra, message }
}

/** The bytes of a commit object. */
export function encodeCommit(commit: GitCommit): Buffer {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${encodeSignature(commit.author)}`,
    `committer ${encodeSignature(commit.committer)}`,
    ...commit.extra.map((header) => `${header.name} ${header.value.replaceAll('\n', '\n ')}`),
  ]
  return Buffer.from(`${lines.join('\n')}\n\n${commit.message}`, 'utf8')
}

const signaturePattern = /^(.*?) ?<([^>]*)>(?: (-?\d{1,15}) ([+-])(\d{2})(\d{2}))?/

// Old histories have odd signatures (no date, wild zones): what can be read is read, the rest is zero.
function decodeSignature(text: string): Signature {
  const found = signaturePattern.exec(text)
  if (found === null) return { name: text, email: '', time: 0, offset: 0 }
  const [, name = '', email = '', time = '0', sign = '+', hours = '0', minutes = '0'] = found
  const offset = Number(hours) * 60 + Number(minutes)
  return { name, email, time: Number(time), offset: sign === '-' && offset > 0 ? -offset : offset }
}

/** A signature as commits and reflogs have it: `name <email> seconds zone`. */
export function encodeSignature(signature: Signature): string {
  const offset = Math.abs(signature.offset)
  const zone = `${signature.offset < 0 ? '-' : '+'}${two(Math.floor(offset / 60))}${two(offset % 60)}`
  return `${signature.name} <${signature.email}> ${signature.time} ${zone}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** A name or address as a commit may hold it: Git strips the characters that its format uses. */
export function cleanPersonText(text: string): string {
  return text.replace(/[<>\n\0]/g, '').replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '')
}

function decodeText(bytes: Buffer, extra: ExtraHeader[]): string {
  const encoding = extra.find((header) => header.name === 'encoding')?.value
  if (encoding === undefined) return bytes.toString('utf8')
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}
