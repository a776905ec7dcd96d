import { appendFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureFolder, explaining, readFileIfPresent, ZagiError } from '../../base/index.ts'
import type { Signature } from '../types.ts'
import { encodeSignature } from './git-commit.ts'
import type { GitFolder } from './git-folder.ts'
import { isObjectId, zeroId } from './git-object.ts'
import { removeEmptyFolders, whileLocked, writeLocked } from './locked-file.ts'
import { isRefName } from './ref-name.ts'

/** The namespaces that a view holds: notes, stashes and a bisection's marks stay Git's own business. */
const namespaces = ['refs/heads', 'refs/remotes', 'refs/tags']

/** Branches, remote branches and tags by full name. Symbolic and broken refs are left out. */
export function readRefs(git: GitFolder): Record<string, string> {
  const refs = new Map<string, string>()
  for (const { name, id } of readPackedRefs(git.common)) {
    if (namespaces.some((namespace) => name.startsWith(`${namespace}/`))) refs.set(name, id)
  }
  for (const namespace of namespaces) readLoose(git.common, namespace, refs)
  return Object.fromEntries([...refs].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readLoose(common: string, name: string, refs: Map<string, string>): void {
  let entries: ReturnType<typeof listFolder>
  try {
    entries = listFolder(join(common, name))
  } catch {
    return
  }
  for (const entry of entries) {
    const child = `${name}/${entry.name}`
    if (entry.isDirectory()) readLoose(common, child, refs)
    else if (isRefName(child)) {
      const id = readFileIfPresent(join(common, child))?.toString('latin1').trim()
      if (isObjectId(id)) refs.set(child, id)
      else refs.delete(child)
    }
  }
}

function listFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}

interface PackedRef {
  name: string
  id: string
  /** The commit of an annotated tag. */
  peeled: string | undefined
}

function readPackedRefs(common: string): PackedRef[] {
  const refs: PackedRef[] = []
  const text = readFileIfPresent(join(common, 'packed-refs'))?.toString('utf8') ?? ''
  for (const line of text.split('\n')) {
    if (line.startsWith('^')) {
      const peeled = line.slice(1).trim()
      if (refs.length > 0 && isObjectId(peeled)) refs.at(-1)!.peeled = peeled
      continue
    }
    const id = line.slice(0, 40)
    const name = line.slice(41).trimEnd()
    if (line[40] === ' ' && isObjectId(id) && isRefName(name)) refs.push({ name, id, peeled: undefined })
  }
  return refs
}

/** One ref, also outside of the view's namespaces; undefined where there is none. */
export function readRef(git: GitFolder, name: string): string | undefined {
  const path = join(git.common, name)
  // Where the ref is not, a folder may be: of refs, or an empty one that refs were in.
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const loose = readFileIfPresent(path)?.toString('latin1').trim()
    if (isObjectId(loose)) return loose
  }
  return readPackedRefs(git.common).find((ref) => ref.name === name)?.id
}

/** What HEAD names: the full name of a branch (which need not exist), or a commit where it is detached. */
export function readHead(git: GitFolder): string {
  const text = readFileIfPresent(join(git.own, 'HEAD'))?.toString('utf8').trim() ?? ''
  const name = /^ref:\s*(.+)$/.exec(text)?.[1] ?? text
  if (isRefName(name) || isObjectId(name)) return name
  throw new ZagiError('GIT_UNSUPPORTED', `"${join(git.own, 'HEAD')}" names neither a branch nor a commit`, {
    hint: 'Repair it with "git checkout BRANCH"',
  })
}

export interface RefChange {
  name: string
  /** What the ref must be now; undefined: it must not exist. */
  from: string | undefined
  /** What it becomes; undefined: it is removed. */
  to: string | undefined
  /** For Git's reflog. */
  reason: string
  who: Signature
}

/** Moves, makes or removes a ref under Git's lock. @throws ZagiError REF_MOVED where it is not at `from` */
export function changeRef(git: GitFolder, change: RefChange): void {
  const path = join(git.common, change.name)
  const check = () => {
    const now = readRef(git, change.name)
    if (now === change.from) return
    throw new ZagiError('REF_MOVED', `"${change.name}" was moved by another program`, {
      hint: 'Run the command again: it takes up the new state first',
    })
  }
  if (change.to !== undefined) {
    writeLocked({ gitFolder: git.own, path, bytes: `${change.to}\n`, check })
    appendReflog(git.common, change.name, change)
    return
  }
  ensureFolder(dirname(path))
  check()
  removePackedRef(git, change.name)
  whileLocked(git.own, path, () => {
    rmSync(path, { force: true })
    rmSync(join(git.common, 'logs', change.name), { force: true })
  })
}

function removePackedRef(git: GitFolder, name: string): void {
  if (!readPackedRefs(git.common).some((ref) => ref.name === name)) return
  const path = join(git.common, 'packed-refs')
  const lines = (readFileIfPresent(path)?.toString('utf8') ?? '').split('\n')
  const at = lines.findIndex((line) => line.slice(41).trimEnd() === name)
  lines.splice(at, lines[at + 1]?.startsWith('^') ? 2 : 1)
  writeLocked({ gitFolder: git.own, path, bytes: lines.join('\n') })
}

/** Makes HEAD name a branch (by full name) or, detached, a commit. */
export function changeHead(git: GitFolder, target: string): void {
  const text = isObjectId(target) ? `${target}\n` : `ref: ${target}\n`
  writeLocked({ gitFolder: git.own, path: join(git.own, 'HEAD'), bytes: text })
}

/** Adds a line to HEAD's reflog. */
export function logHead(git: GitFolder, change: Omit<RefChange, 'name'>): void {
  appendReflog(git.own, 'HEAD', change)
}

// Git keeps logs of branches, remote branches and HEAD; a line that a kill loses is only a line of a log.
function appendReflog(folder: string, name: string, change: Omit<RefChange, 'name'>): void {
  if (name.startsWith('refs/tags/') || name.startsWith('refs/zagi/')) return
  const path = join(folder, 'logs', name)
  if (!existsSync(dirname(path))) ensureFolder(dirname(path))
  const reason = change.reason.replace(/\s+/g, ' ').trim()
  const line = `${change.from ?? zeroId} ${change.to ?? zeroId} ${encodeSignature(change.who)}\t${reason}\n`
  explaining('write', path, () => {
    removeEmptyFolders(path)
    appendFileSync(path, line)
  })
}
