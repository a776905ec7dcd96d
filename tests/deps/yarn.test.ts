import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { findDependencyFolders } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'
import type { Place } from './clone-dependencies.ts'
import { fetchedPackage, run } from './fixtures.ts'
import { cloneWorkspace, keptPackages, packageNames, workspace } from './workspace-fixture.ts'

const test = suite('deps: yarn', { seconds: 120 })

function yarn(request: string, at: Place, ...args: string[]): string {
  const env = { YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_IMMUTABLE_INSTALLS: '0', YARN_NODE_LINKER: 'node-modules' }
  return run('node', [join(fetchedPackage(request), 'bin/yarn.js'), ...args], { cwd: at.project, home: at.home, env })
}

async function check(place: Place): Promise<Place> {
  const folders = findDependencyFolders(place.project)
  assert.ok(folders.every(({ manager, base }) => manager === 'yarn' && base === ''))
  const names = packageNames(place.project)
  assert.equal(names.filter((name) => name.startsWith('is-')).sort(), [
    'is-number@6.0.0',
    'is-number@7.0.0',
    'is-odd@3.0.1',
  ])
  assert.ok(names.includes('scripted@1.0.0') && !names.includes('a@1.0.0'))
  const kept = keptPackages(place.project)
  assert.is(kept.get('node_modules/is-odd/package.json'), 'shared')
  assert.is(kept.get('node_modules/semver/package.json'), 'shared')
  assert.is(kept.get('node_modules/scripted/package.json'), 'private')

  const clone = await cloneWorkspace(place)
  assert.is(run(join(clone.project, 'node_modules/.bin/a-cli'), [], { cwd: '/' }), 'true\n')
  assert.is(run(join(clone.project, 'node_modules/.bin/semver'), ['1.2.3'], { cwd: '/' }), '1.2.3\n')
  return clone
}

test('classic yarn', async () => {
  const place = workspace('*')
  yarn('yarn@1', place, 'install')
  const clone = await check(place)
  assert.match(yarn('yarn@1', clone, 'install', '--offline', '--frozen-lockfile'), /Already up-to-date/)
})

test('later yarn with a node_modules', async () => {
  const place = workspace('*')
  yarn('@yarnpkg/cli-dist@4', place, 'install')
  const clone = await check(place)
  assert.is(yarn('@yarnpkg/cli-dist@4', clone, 'run', 'semver', '1.2.3'), '1.2.3\n')
})
