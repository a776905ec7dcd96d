import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type IgnoreRules, ignoreRules } from '../../history/working-copy/ignore-rules.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { gitRepository } from './git-program.ts'

const test = suite('history: ignore rules')

const names = [
  'a',
  'b',
  'ab',
  'foo',
  'foo.o',
  'bar',
  'x y',
  '#h',
  '!n',
  'a*b',
  '[z]',
  'é',
  'Foo',
  'build',
  '.hid',
  'a\\b',
  'end ',
]
const words = [
  ...['a', 'b', 'foo', '*', '**', '?', '[ab]', '[!a]', '*.o', 'foo*', '.*', '\\*', '\\[z\\]', 'ab', 'bar', 'build'],
  ...['x y', '\\#h', '#h', '!n', '\\!n', 'é', '[[:alpha:]]*', 'f?o', 'a*b', 'a**', '**b', '***', 'end\\ ', '[a-', '\\'],
  ...['[]a]*', 'Foo', 'a\\\\b', '**\\', '[^f]*'],
]

function pattern({ below, pick }: Random): string {
  const one = (chance: number, text: string) => (below(chance) === 0 ? text : '')
  const parts = Array.from({ length: 1 + below(3) }, () => pick(words)).join(below(12) === 0 ? '\\/' : '/')
  return one(30, '#') + one(5, '!') + one(4, '/') + parts + one(4, '/') + one(12, '  ') + one(15, '\r')
}

const patterns = (source: Random, limit: number) =>
  Array.from({ length: 1 + source.below(limit) }, () => pattern(source)).join('\n')

test('agrees with git on generated trees with nested, negated and odd patterns', () => {
  const source = random()
  for (let round = 0; round < 25; round++) {
    const { folder, git } = gitRepository()
    const ignores = new Map<string, string>()
    fill(folder, '', { source, ignores, depth: 0 })
    const lists = [patterns(source, 2), patterns(source, 3)]
    writeFileSync(join(folder, '.git', 'global'), lists[0]!)
    writeFileSync(join(folder, '.git', 'info', 'exclude'), lists[1]!)
    const config = `core.excludesFile=${join(folder, '.git', 'global')}`
    const listed = git('-c', config, 'ls-files', '-z', '--others', '--exclude-standard')
    const expected = listed.split('\0').filter((path) => path !== '')
    const got: string[] = []
    collect(folder, '', { rules: ignoreRules(lists, false), ignores, into: got })
    assert.equal(got.sort(), expected.sort(), `seed ${source.seed} round ${round}`)
  }
})

test('agrees with git where case does not count', () => {
  const { folder, git } = gitRepository()
  for (const name of ['README', 'readme.TXT', 'Other']) writeFileSync(join(folder, name), '')
  writeFileSync(join(folder, '.gitignore'), 'ReadMe*\n')
  const expected = git('-c', 'core.ignoreCase=true', 'ls-files', '--others', '--exclude-standard').trim().split('\n')
  const got: string[] = []
  const ignores = new Map([['', 'ReadMe*\n']])
  collect(folder, '', { rules: ignoreRules([], true), ignores, into: got })
  assert.equal(got.sort(), expected.sort())
})

interface Fill {
  source: Random
  ignores: Map<string, string>
  depth: number
}

function fill(root: string, path: string, { source, ignores, depth }: Fill): void {
  for (const name of names) {
    if (source.below(3) > 0) continue
    const child = path === '' ? name : `${path}/${name}`
    if (depth < 3 && source.below(2) === 0) {
      mkdirSync(join(root, child))
      fill(root, child, { source, ignores, depth: depth + 1 })
    } else writeFileSync(join(root, child), '')
  }
  if (path !== '' && source.below(3) > 0) return
  const text = patterns(source, 4)
  ignores.set(path, text)
  writeFileSync(join(root, path, '.gitignore'), text)
}

interface Collect {
  rules: IgnoreRules
  ignores: ReadonlyMap<string, string>
  into: string[]
}

function collect(root: string, path: string, { rules: above, ignores, into }: Collect): void {
  const own = ignores.get(path)
  const rules = own === undefined ? above : above.within(path, own)
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    const child = path === '' ? entry.name : `${path}/${entry.name}`
    if (entry.name === '.git' || rules.ignores(child, entry.isDirectory())) continue
    if (entry.isDirectory()) collect(root, child, { rules, ignores, into })
    else into.push(child)
  }
}
