import { ZagiError } from './error.ts'

/** Operating system and processor, as parts and tools are recorded for them. */
export type SystemName = 'linux-x64' | 'linux-arm64' | 'darwin-arm64' | 'darwin-x64'

const systems: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']

export function isSystemName(name: unknown): name is SystemName {
  return typeof name === 'string' && systems.includes(name)
}

/** The system this process runs on. @throws ZagiError SYSTEM_MISSING where zagi has no support for it */
export function thisSystem(): SystemName {
  const name = `${process.platform}-${process.arch}`
  if (isSystemName(name)) return name
  throw new ZagiError('SYSTEM_MISSING', `zagi does not run on "${name}"`, { hint: `It runs on ${systems.join(', ')}` })
}
