import { hash } from 'node:crypto'
import { ZagiError } from '../../base/index.ts'
import { isObjectId } from '../git/git-object.ts'
import { isRefName } from '../git/ref-name.ts'
import type { Operation, OperationKind } from '../types.ts'

/** An operation as its file holds it: the refs of its view are in a table of their own, which most operations share. */
export interface OperationRecord extends Omit<Operation, 'id' | 'view'> {
  head: string
  workingChange: string
  /** Id of the refs table. */
  refs: string
}

const kinds: Record<OperationKind, true> = {
  init: true,
  snapshot: true,
  import: true,
  commit: true,
  checkout: true,
  fetch: true,
  merge: true,
}

/** The only working copy that a project has so far. */
const workspace = 'default'

/** Bytes that an operation or refs table may have. */
const maximumFile = 64 * 1024 * 1024

/** The name of a file of the operation log: SHA-256 of its bytes. */
export function stateId(bytes: string): string {
  return hash('sha256', bytes)
}

export function isStateId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

/** The text of an operation's file. Equal operations have equal texts. */
export function formatOperation(operation: OperationRecord): string {
  const { parents, kind, command, time, user, host, head, workingChange, refs } = operation
  const workspaces = { [workspace]: { head, change: workingChange } }
  return `${JSON.stringify({ version: 1, parents, kind, command, time, user, host, workspaces, refs })}\n`
}

/** Reads an operation's file. @throws ZagiError STATE_CORRUPT, FORMAT_TOO_NEW */
export function parseOperation(id: string, bytes: Uint8Array): OperationRecord {
  const fail = (why: string) => damaged(`The operation "${id}"`, why)
  const { parents, kind, command, time, user, host, workspaces, refs } = parse(id, bytes, fail)
  const { head, change } = record(record(workspaces, fail)[workspace], fail)
  if (!Array.isArray(parents) || !parents.every(isStateId)) throw fail('"parents" is no list of operations')
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) throw fail('its kind is unknown')
  if (!Number.isSafeInteger(time)) throw fail('it has no time')
  if (typeof head !== 'string' || !(isRefName(head) || isObjectId(head))) throw fail('its HEAD is no ref')
  if (!isObjectId(change)) throw fail('it has no working change')
  if (!isStateId(refs)) throw fail('it has no refs')
  return {
    parents,
    kind: kind as OperationKind,
    command: text(command),
    time: time as number,
    user: text(user),
    host: text(host),
    head,
    workingChange: change,
    refs,
  }
}

/** The text of a refs table: sorted, so that equal tables have equal texts. */
export function formatRefs(refs: Record<string, string>): string {
  const sorted = Object.fromEntries(Object.entries(refs).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify({ version: 1, refs: sorted })}\n`
}

/** Reads a refs table. @throws ZagiError STATE_CORRUPT, FORMAT_TOO_NEW */
export function parseRefs(id: string, bytes: Uint8Array): Record<string, string> {
  const fail = (why: string) => damaged(`The refs table "${id}"`, why)
  const refs = Object.entries(record(parse(id, bytes, fail)['refs'], fail))
  for (const [name, commit] of refs) if (!isRefName(name) || !isObjectId(commit)) throw fail('it has an invalid ref')
  return Object.fromEntries(refs) as Record<string, string>
}

type Fail = (why: string) => ZagiError

function parse(id: string, bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes.length > maximumFile) throw fail(`it has ${bytes.length} bytes`)
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  if (stateId(json) !== id) throw fail('its bytes do not hash to its name')
  let found: Record<string, unknown>
  try {
    found = record(JSON.parse(json), fail)
  } catch {
    throw fail('it is not JSON')
  }
  if (found['version'] === 1) return found
  throw new ZagiError('FORMAT_TOO_NEW', `The operation log was written by a newer zagi`, { hint: 'Update zagi' })
}

function record(value: unknown, fail: Fail): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw fail('a record is missing')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function damaged(what: string, why: string): ZagiError {
  return new ZagiError('STATE_CORRUPT', `${what} is damaged: ${why}`, {
    hint: 'Remove ".zagi/state/ops" to begin a new operation log; commits, branches and files stay as they are',
  })
}
