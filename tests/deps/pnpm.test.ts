import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { findDependencyFolders } from '../../deps/index.ts'
import { packagesWithIntegrity } from '../../deps/pnpm.ts'
import { suite } from '../helpers/suite.ts'
import type { Place } from './clone-dependencies.ts'
import { fetchedPackage, run } from './fixtures.ts'
import { cloneWorkspace, keptPackages, packageNames, workspace } from './workspace-fixture.ts'

const test = suite('deps: pnpm', { seconds: 120 })

let place: Place = { project: '', home: '' }

function pnpm(at: Place, ...args: string[]): string {
  return run('node', [join(fetchedPackage('pnpm@10'), 'bin/pnpm.cjs'), ...args], { cwd: at.project, home: at.home })
}

test.before(() => {
  place = workspace('workspace:*', { 'pnpm-workspace.yaml': 'packages:\n  - "packages/*"\n' })
  pnpm(place, 'install')
})

test('real packages are counted, links are not', () => {
  const folders = findDependencyFolders(place.project)
  assert.equal(
    folders.map(({ path, manager, base, packages }) => `${path} ${manager} "${base}" ${packages}`),
    ['node_modules pnpm "" 7', 'packages/a/node_modules pnpm "" 0'],
  )
  const names = packageNames(place.project)
  assert.equal(names.slice(0, 2), ['is-number@6.0.0', 'is-number@7.0.0'])
  assert.ok(names.includes('scripted@1.0.0') && names.includes('yallist@4.0.0'))
})

test('packages with an integrity and no install script are shared', () => {
  const kept = keptPackages(place.project)
  const of = (end: string) => [...kept].find(([path]) => path.endsWith(`node_modules/${end}`))?.[1]
  assert.is(of('semver/package.json'), 'shared')
  assert.is(of('is-odd/package.json'), 'shared')
  assert.is(of('scripted/package.json'), 'private')
})

test('commands work elsewhere, and another user can go on installing', async () => {
  const clone = await cloneWorkspace(place)
  assert.is(run(join(clone.project, 'node_modules/.bin/a-cli'), [], { cwd: '/' }), 'true\n')
  assert.is(run(join(clone.project, 'node_modules/.bin/semver'), ['1.2.3'], { cwd: '/' }), '1.2.3\n')
  const shim = readFileSync(join(clone.project, 'node_modules/.bin/semver'), 'utf8')
  assert.ok(shim.includes(`NODE_PATH="${clone.project}/node_modules/`))
  const modules = JSON.parse(readFileSync(join(clone.project, 'node_modules/.modules.yaml'), 'utf8'))
  assert.ok(modules.storeDir.startsWith(`${clone.home}/`), modules.storeDir)
  const state = readFileSync(join(clone.project, 'node_modules/.pnpm-workspace-state-v1.json'), 'utf8')
  assert.ok(state.includes(`"${clone.project}/packages/a"`) && !state.includes(place.project))
  assert.match(pnpm(clone, 'install', '--offline', '--frozen-lockfile'), /Already up to date/)
  // Refused with ERR_PNPM_UNEXPECTED_STORE if the record still named the first user's store.
  pnpm(clone, 'add', '--workspace-root', 'is-even@1.0.0')
})

test('lockfiles of version 9 and 6', () => {
  const lockfile = (lines: string[]) => packagesWithIntegrity(lines.join('\n'))
  const found = lockfile([
    "lockfileVersion: '9.0'",
    'importers:',
    '  .:',
    '    resolution: {integrity: sha512-no}',
    'packages:',
    '',
    "  '@scope/one@1.0.0':",
    '    resolution: {integrity: sha512-a}',
    '    engines: {node: 20}',
    '  two@2.0.0-rc.1:',
    '    resolution: {integrity: sha512-b, tarball: https://example.org/two.tgz}',
    '  file-one@file:x.tgz:',
    '    resolution: {integrity: sha512-c, tarball: file:x.tgz}',
    '    version: 3.0.0',
    '  git-one@https://example.org/tar.gz/abc:',
    '    resolution: {tarball: https://example.org/tar.gz/abc}',
    '    version: 4.0.0',
    '  folder@file:../folder:',
    '    resolution: {directory: ../folder, type: directory}',
    'snapshots:',
    '  five@5.0.0:',
    '    resolution: {integrity: sha512-d}',
  ])
  assert.equal([...found], ['@scope/one@1.0.0', 'two@2.0.0-rc.1', 'file-one@3.0.0'])
  const older = ['packages:', '  /@s/one@1.0.0(peer@2.0.0):', '    resolution: {integrity: sha512-a}']
  assert.equal([...lockfile(older)], ['@s/one@1.0.0'])
})
