import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { thisSystem } from '../../base/index.ts'
import { addonFiles } from '../../scripts/build-addons.ts'
import { workers } from '../../scripts/build-bundle.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('build: assets')

const root = join(import.meta.dirname, '../..')
const addons = addonFiles(thisSystem())

test('every asset that the sources ask for is carried, and no other', () => {
  const asked = new Set<string>()
  for (const file of globSync('{base,store,history,deps,envs,hook,project,nix-server,cli}/**/*.ts', { cwd: root })) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const match of source.matchAll(/\b(?:embedded(?:Text|Bytes)|loadAddon(?:<[^>]*>)?)\('([^']+)'/g))
      asked.add(match[1]!)
  }
  const carried = [...Object.keys(addons), ...workers.map(({ name }) => name)]
  assert.equal([...asked].sort(), carried.sort())
})

test('the addons are there', () => {
  for (const file of Object.values(addons)) assert.ok(statSync(file).size > 10_000, file)
})

test('every thread that the sources start has its script among the workers', () => {
  const entries = new Set<string>(workers.map(({ entry }) => join(root, entry)))
  for (const file of globSync('{base,store,history,deps,envs,hook,project,nix-server,cli}/**/*.ts', { cwd: root })) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const match of source.matchAll(/new Worker\(new URL\('([^']+)'/g)) {
      assert.ok(entries.has(join(root, file, '..', match[1]!)), `${file}: ${match[1]}`)
    }
  }
})
