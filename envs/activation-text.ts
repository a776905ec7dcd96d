import { randomBytes } from 'node:crypto'
import type { Activation } from './activation.ts'

/** Lines for a POSIX shell to evaluate: `eval "$(zagi env --sh)"`. */
export function activationScript({ path, set }: Activation): string {
  const lines = Object.entries(set).map(([name, value]) => `export ${name}=${quoted(value)}`)
  return `${[`export PATH=${quoted(path.join(':'))}"\${PATH:+:$PATH}"`, ...lines].join('\n')}\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** What to append to the files that GITHUB_PATH and GITHUB_ENV name. */
export function activationForGitHub({ path, set }: Activation): { path: string; env: string } {
  // Each line of GITHUB_PATH is put before the lines above it.
  const lines = [...path].reverse().map((folder) => `${folder}\n`)
  // The form that takes any value: a delimiter that the value cannot contain.
  const end = `zagi_${randomBytes(8).toString('hex')}`
  const values = Object.entries(set).map(([name, value]) => `${name}<<${end}\n${value}\n${end}\n`)
  return { path: lines.join(''), env: values.join('') }
}
