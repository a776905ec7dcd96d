import { globSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { findDependencyFolders } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'
import type { Place } from './clone-dependencies.ts'
import { fetchedPackage, run } from './fixtures.ts'
import { cloneWorkspace, keptPackages, packageNames, workspace } from './workspace-fixture.ts'

const test = suite('deps: bun', { seconds: 120 })

function bun(at: Place, ...args: string[]): string {
  // The program comes in a package for each system; the script that would link it is not needed.
  const program = globSync(join(fetchedPackage('bun@1'), '../@oven/bun-*/bin/bun'))[0]
  assert.ok(program)
  return run(program, args, { cwd: at.project, home: at.home })
}

for (const linker of ['hoisted', 'isolated']) {
  test(`${linker} packages`, async () => {
    const place = workspace('workspace:*')
    bun(place, 'install', '--linker', linker)
    assert.ok(findDependencyFolders(place.project).every(({ manager, base }) => manager === 'bun' && base === ''))
    const names = packageNames(place.project)
    assert.equal(names.filter((name) => name.startsWith('is-')).sort(), [
      'is-number@6.0.0',
      'is-number@7.0.0',
      'is-odd@3.0.1',
    ])
    assert.ok(names.includes('scripted@1.0.0') && !names.includes('a@1.0.0'))
    const kept = [...keptPackages(place.project)]
    const of = (end: string) => kept.filter(([path]) => path.endsWith(`node_modules/${end}`)).map(([, how]) => how)
    assert.equal(of('is-odd/package.json'), ['shared'])
    assert.equal(of('semver/package.json'), ['shared'])
    assert.equal(of('scripted/package.json'), ['private'])

    const clone = await cloneWorkspace(place)
    assert.is(run(join(clone.project, 'node_modules/.bin/a-cli'), [], { cwd: '/' }), 'true\n')
    assert.is(run(join(clone.project, 'node_modules/.bin/semver'), ['1.2.3'], { cwd: '/' }), '1.2.3\n')
    assert.match(bun(clone, 'install', '--linker', linker), /no changes/)
  })
}
