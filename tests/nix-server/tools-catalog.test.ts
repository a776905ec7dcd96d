import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { isToolName } from '../../envs/index.ts'
import { chooseVersion, searchTools } from '../../nix-server/tools/catalog.ts'
import { readToolTable } from '../../nix-server/tools/catalog-table.ts'
import { fileCatalog } from '../../nix-server/tools/file-catalog.ts'
import { editDistance, nearestNames } from '../../nix-server/tools/nearest-names.ts'
import { candidates, nixpkgsTools } from '../../nix-server/tools/nixpkgs-names.ts'
import { parseToolRequest } from '../../nix-server/tools/tool-request.ts'
import { compareVersions, matchesVersion, nearestVersions, newestMatch } from '../../nix-server/tools/version-order.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('nix-server: catalog')

const hash = '0123456789abcdfghijklmnpqrsvwxyz'

test('requests are a name and perhaps a version', () => {
  assert.equal(parseToolRequest('node'), { name: 'node', version: undefined })
  assert.equal(parseToolRequest('node@22'), { name: 'node', version: '22' })
  assert.equal(parseToolRequest('python@3.12'), { name: 'python', version: '3.12' })
  assert.equal(parseToolRequest('gtk+@3.24-rc1'), { name: 'gtk+', version: '3.24-rc1' })
})

test('odd requests are refused', () => {
  const long = 'x'.repeat(101)
  const bad = [
    '',
    '@',
    '@22',
    'node@',
    'node@22@1',
    '../x',
    'a/b',
    'a b',
    'node@../1',
    'bin',
    '-x',
    '.x',
    'ä',
    'a\0b',
    'a$(b)',
  ]
  for (const text of [...bad, long, `node@${long}`, 'node@1"', "a'b", 'a\\b', 'a\nb', 'node@1\n']) {
    assert.throws(
      () => parseToolRequest(text),
      (error: unknown) => isZagiError(error, 'BAD_NAME'),
      text,
    )
  }
})

test('versions are ordered by their numbers', () => {
  const ordered = [
    '0.9',
    '1.0-alpha',
    '1.0-rc1',
    '1.0-rc2',
    '1.0',
    '1.0.0',
    '1.0.1',
    '1.0.1a',
    '1.0.1b',
    '1.2',
    '1.10',
    '2',
    '22.9.0',
    '22.23.3',
  ]
  const shuffled = [...ordered].reverse()
  assert.equal(shuffled.sort(compareVersions), ordered)
})

test('a version matches up to the end of a part', () => {
  assert.ok(matchesVersion('22.9.0', '22'))
  assert.ok(matchesVersion('22.9.0', '22.9'))
  assert.ok(matchesVersion('16', '16'))
  assert.not(matchesVersion('220.1', '22'))
  assert.not(matchesVersion('3.11.2', '3.1'))
})

test('the newest match is chosen, a pre-release only where there is nothing else', () => {
  const versions = ['22.9.0', '22.23.3', '20.1.0', '24.0.0-rc1']
  assert.is(newestMatch(versions, '22'), '22.23.3')
  assert.is(newestMatch(versions, undefined), '22.23.3')
  assert.is(newestMatch(versions, '24'), '24.0.0-rc1')
  assert.is(newestMatch(versions, '23'), undefined)
})

test('an unknown version names the nearest', () => {
  assert.equal(nearestVersions(['22.9.0', '22.23.3', '18.0.0', '24.1.0'], '23', 2), ['24.1.0', '22.23.3'])
  assert.equal(nearestVersions(['22.9.0', '22.23.3', '18.0.0'], '22.10', 2), ['22.9.0', '22.23.3'])
  try {
    chooseVersion('node', ['22.9.0', '22.23.3'], '23')
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'VERSION_UNKNOWN'))
    assert.is(error.hint, 'Nearest: node@22.23.3, node@22.9.0')
  }
})

test('an unknown name finds the one that was meant', () => {
  const names = ['node', 'postgres', 'python', 'redis', 'bun', 'zig', 'go']
  assert.equal(nearestNames(names, 'nodejs', 3), ['node'])
  assert.equal(nearestNames(names, 'ndoe', 3), ['node'])
  assert.equal(nearestNames(names, 'postgresql', 3), ['postgres'])
  assert.equal(nearestNames(names, 'Python3', 3), ['python'])
  assert.equal(nearestNames(names, 'kubernetes', 3), [])
  assert.is(editDistance('abc', 'acb'), 1)
  assert.is(editDistance('', 'abc'), 3)
})

test('a catalog with slips keeps its other tools', () => {
  const log: string[] = []
  const good = { attr: 'node_22', out: `/nix/store/${hash}-node-22`, description: ' runs\nscripts ' }
  const table = readToolTable(
    {
      node: { '22.9.0': good, '../1': good, '23': { ...good, out: '/etc/passwd' }, '24': { ...good, attr: 'a"b' } },
      'bad name': { '1': good },
      empty: {},
      nothing: null,
      plain: { '1': { out: `/nix/store/${hash}-plain` } },
      // An own property, as JSON.parse makes it.
      ...JSON.parse(`{"__proto__": {"1": {"out": "/nix/store/${hash}-x"}}}`),
    },
    (attribute) => [`flake#${attribute}`],
    (line) => log.push(line),
  )
  assert.equal([...table.keys()], ['node', 'plain'])
  assert.equal([...table.get('node')!.versions.keys()], ['22.9.0'])
  assert.is(table.get('node')!.description, 'runs scripts')
  assert.equal(table.get('node')!.versions.get('22.9.0')!.installable, ['flake#node_22'])
  assert.is(table.get('plain')!.versions.get('1')!.installable, undefined)
  assert.is(log.length, 5)
})

test('a catalog in a file is read again when it changes', async () => {
  const file = join(temporaryFolder(), 'catalog.json')
  const write = (version: string) =>
    writeFileSync(file, JSON.stringify({ 'x86_64-linux': { tool: { [version]: { out: `/nix/store/${hash}-tool` } } } }))
  write('1.0')
  const catalog = fileCatalog(file, () => undefined)
  assert.is((await catalog.choose('tool', undefined, 'linux-x64')).version, '1.0')
  write('1.0.1')
  assert.is((await catalog.choose('tool', '1', 'linux-x64')).version, '1.0.1')
  assert.is((await catalog.find('tool', '1.0.1', 'linux-x64')).path, `${hash}-tool`)
  for (const broken of [catalog.find('tool', '1', 'linux-x64'), catalog.choose('tool', '2', 'linux-x64')]) {
    assert.ok(isZagiError(await broken.catch((error) => error), 'VERSION_UNKNOWN'))
  }
  const missing = await catalog.choose('tool', undefined, 'linux-arm64').catch((error) => error)
  assert.ok(isZagiError(missing, 'TOOL_UNKNOWN'))
  writeFileSync(file, 'not json')
  assert.ok(isZagiError(await catalog.tools('linux-x64').catch((error) => error), 'TOOL_FAILED'))
})

test('a search looks at names and descriptions, exact names first', () => {
  const tools = ['pg-node', 'node', 'nodemon', 'deno'].map((name) => ({ name, versions: [], description: '' }))
  tools[3]!.description = 'Runs what node runs'
  const names = (query: string) => searchTools(tools, query).map(({ name }) => name)
  assert.equal(names('node'), ['node', 'nodemon', 'pg-node', 'deno'])
  assert.equal(names('runs NODE'), ['deno'])
  assert.is(names('').length, 4)
  assert.equal(names('xyz'), [])
})

test('names of nixpkgs are found by version', () => {
  const attributes = (request: string) => {
    const { name, version } = parseToolRequest(request)
    return candidates(nixpkgsTools.get(name)!, version).map((candidate) => candidate.attributes.join('+'))
  }
  assert.equal(attributes('node@22'), ['nodejs_22'])
  assert.equal(attributes('node@22.9.0'), ['nodejs_22'])
  assert.equal(attributes('postgres@16'), ['postgresql_16'])
  assert.equal(attributes('python@3.12'), ['python312'])
  assert.equal(attributes('python@3.1'), [])
  assert.equal(attributes('go@1.24.1'), ['go', 'go_1_24'])
  assert.equal(attributes('rust'), ['rustc+cargo'])
  assert.equal(attributes('java@21'), ['jdk21', 'jdk'])
  assert.ok(attributes('python@3').length > 3)
  for (const name of ['go', 'zig', 'redis', 'bun', 'deno', 'ruby', 'java', 'php', 'gh', 'jq', 'ripgrep']) {
    assert.ok(attributes(name).length > 0, name)
  }
  for (const [name, { versions }] of nixpkgsTools) {
    assert.ok(isToolName(name) && versions.every((version) => version.attributes.every(isToolName)), name)
  }
})
