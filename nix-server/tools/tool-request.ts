import { type SystemName, ZagiError } from '../../base/index.ts'
import { isToolName } from '../../envs/index.ts'

/** What `node@22` asks for. */
export interface ToolRequest {
  name: string
  /** A version or its beginning; undefined: the newest. */
  version: string | undefined
}

const toolVersion = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/

/** True for what may be a version or the beginning of one. */
export function isToolVersion(text: unknown): text is string {
  return typeof text === 'string' && toolVersion.test(text) && !text.includes('..')
}

/** Reads `node` or `node@22`. @throws ZagiError BAD_NAME */
export function parseToolRequest(text: string): ToolRequest {
  const at = text.indexOf('@')
  const name = at < 0 ? text : text.slice(0, at)
  const version = at < 0 ? undefined : text.slice(at + 1)
  if (isToolName(name) && (version === undefined || isToolVersion(version))) return { name, version }
  throw new ZagiError('BAD_NAME', `${JSON.stringify(text.slice(0, 100))} is not a tool`, {
    hint: 'Write TOOL or TOOL@VERSION, for example node@22: letters, digits, ".", "_", "+" and "-"',
  })
}

const nixSystems: Record<SystemName, string> = {
  'linux-x64': 'x86_64-linux',
  'linux-arm64': 'aarch64-linux',
  'darwin-arm64': 'aarch64-darwin',
  'darwin-x64': 'x86_64-darwin',
}

/** Nix's word for a system. */
export function nixSystem(system: SystemName): string {
  return nixSystems[system]
}
