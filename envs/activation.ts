import { join } from 'node:path'
import { readFileIfPresent, ZagiError } from '../base/index.ts'
import { activationNames } from './activation-variables.ts'
import { keepShortLink } from './tools-prefix.ts'
import { parseVars } from './vars-file.ts'

/** What makes a project's environment active. */
export interface Activation {
  project: string
  /** Changes when the environment does. */
  stamp: string
  /** Goes before everything that is on PATH, in this order. */
  path: string[]
  set: Record<string, string>
}

/** Environment variables as a process has them. */
export type Variables = Record<string, string | undefined>

/**
 * The activation of a project as it lies at this moment (it may have been moved), or undefined where it has no environment. Also
 * re-makes the short link that tools in a long home are reached by.
 * @throws ZagiError HOME_TOO_LONG, BAD_NAME
 */
export function activation(project: string): Activation | undefined {
  const stamp = readFileIfPresent(join(project, '.zagi', 'env', 'stamp'))?.toString()
  const text = readFileIfPresent(join(project, '.zagi', 'env', 'vars'))?.toString()
  if (stamp === undefined || text === undefined) return undefined
  if (project.includes(':')) {
    throw new ZagiError('BAD_NAME', `The folder "${project}" cannot be on PATH: it has a ":" in its name`, {
      hint: 'Rename the folder',
    })
  }
  const { path, set, short } = parseVars(text)
  if (short !== undefined) keepShortLink(short.tools)
  const values = Object.entries(set).map(([name, folder]) => [name, join(project, folder)])
  return {
    project,
    stamp: stamp.trimEnd(),
    path: path.map((folder) => join(project, folder)),
    set: Object.fromEntries(values),
  }
}

// How an active environment is written into the environment of processes, so that whoever meets it can take it back: our own
// `zagi run`, and shells that are started inside, of whatever kind. The shell code in hook/ does the same.
//   ZAGI_PROJECT  the project, ZAGI_STAMP  its stamp
//   ZAGI_ADDED    what was put on PATH, separated by colons
//   ZAGI_UNDO     words: -NAME was not set before; +NAME was, and its value is in ZAGI_OLD_NAME
const oldValue = (name: string) => `ZAGI_OLD_${name}`

/** `env` with the activation in force; whatever activation was in force before is undone first. */
export function applyActivation(activation: Activation, env: Variables): Record<string, string> {
  const result = withoutActivation(env)
  const undo: string[] = []
  for (const [name, value] of Object.entries(activation.set)) {
    const old = result[name]
    undo.push(old === undefined ? `-${name}` : `+${name}`)
    if (old !== undefined) result[oldValue(name)] = old
    result[name] = value
  }
  if (result['PATH'] === undefined) undo.push('-PATH')
  result['PATH'] = [...activation.path, ...(result['PATH'] ? [result['PATH']] : [])].join(':')
  result['ZAGI_PROJECT'] = activation.project
  result['ZAGI_STAMP'] = activation.stamp
  result['ZAGI_ADDED'] = activation.path.join(':')
  result['ZAGI_UNDO'] = undo.join(' ')
  return result
}

function withoutActivation(env: Variables): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined) result[name] = value
  if (result['ZAGI_PROJECT'] === undefined) return result
  const path = (result['PATH'] ?? '').split(':')
  for (const piece of (result['ZAGI_ADDED'] ?? '').split(':')) {
    const at = path.indexOf(piece)
    if (at >= 0) path.splice(at, 1)
  }
  result['PATH'] = path.join(':')
  for (const word of (result['ZAGI_UNDO'] ?? '').split(' ')) {
    const name = word.slice(1)
    if (word === '-PATH' && result['PATH'] === '') delete result['PATH']
    if (!activationNames.includes(name)) continue
    const old = result[oldValue(name)]
    delete result[name]
    if (word.startsWith('+') && old !== undefined) result[name] = old
  }
  for (const name of ['ZAGI_PROJECT', 'ZAGI_STAMP', 'ZAGI_ADDED', 'ZAGI_UNDO', ...activationNames.map(oldValue)]) {
    delete result[name]
  }
  return result
}
