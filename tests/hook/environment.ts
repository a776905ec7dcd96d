import * as assert from 'uvu/assert'

/** PATH of the shells under test before anything is activated. */
export const plainPath = '/usr/local/bin:/usr/bin:/bin'

/** Asserts that exported variables are those of a shell in which `project`, with node, is active. */
export function assertActive(env: Map<string, string>, project: string): void {
  assert.is(env.get('ZAGI_PROJECT'), project)
  assert.is(env.get('NPM_CONFIG_PREFIX'), `${project}/.zagi/state/local`)
  assert.ok(env.get('PATH')!.startsWith(`${project}/.zagi/state/local/bin:${project}/.zagi/env/bin:${plainPath}`))
}

/** Exported variables without those that shells change by themselves. */
export function settled(env: Map<string, string>): [string, string][] {
  return [...env].filter(([name]) => !['_', 'PWD', 'OLDPWD', 'SHLVL'].includes(name)).sort()
}
