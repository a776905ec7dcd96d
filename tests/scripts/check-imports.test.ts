import * as assert from 'uvu/assert'
import { importsOf } from '../../scripts/import-graph.ts'
import { importProblems } from '../../scripts/import-problems.ts'
import { libraryRules } from '../../scripts/import-rules.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('scripts: check-imports')

const libraries = Object.fromEntries(Object.keys(libraryRules).map((name) => [name, '1']))
const packageJson = JSON.stringify({ dependencies: libraries })

/** Expects exactly the complaints that begin so, in any order. */
function complains(files: Record<string, string>, ...expected: string[]): void {
  const problems = importProblems(new Map(Object.entries({ 'package.json': packageJson, ...files })))
  const unexpected = problems.filter((problem) => !expected.some((start) => problem.startsWith(start)))
  const missing = expected.filter((start) => !problems.some((problem) => problem.startsWith(start)))
  assert.equal({ unexpected, missing }, { unexpected: [], missing: [] })
}

test('every form of import is seen', () => {
  const text = `import type { A } from './a.ts'
import b, { type B } from '../store/index.ts'
import {
  c,
  d,
} from 'undici'
import * as fs from 'node:fs'
import './e.ts'
export * from './f.ts'
export type { G } from './g.ts'
// import './comment.ts' and await import('./comment.ts')
export const text = 'x'
const lazy = await import('./h.ts')
const old = require('@s/lib/sub')
`
  const found = importsOf('base/x.ts', text).map(({ line, kind, target }) => `${line} ${kind} ${target}`)
  assert.equal(found, [
    ...['1 type base/a.ts', '2 value store/index.ts', '3 value undici', '7 value node:fs', '8 value base/e.ts'],
    ...['9 value base/f.ts', '10 type base/g.ts', '13 lazy base/h.ts', '14 lazy @s/lib/sub'],
  ])
})

test('a lower floor must not import a higher one, nor one beside it', () => {
  complains(
    {
      'base/a.ts': "import { x } from '../store/index.ts'\n",
      'deps/a.ts': "\nimport type { X } from '../history/index.ts'\n",
      'envs/a.ts': "const x = await import('../project/index.ts')\n",
      'nix-server/a.ts': "import { x } from '../deps/index.ts'\n",
      'project/a.ts': "import { x } from '../tests/helpers/suite.ts'\n",
      'store/fine.ts': "import { x } from '../base/index.ts'\n",
      'project/fine.ts': "import { x } from '../history/index.ts'\n",
    },
    'base/a.ts:1: base/ must not import "store/index.ts": it may import nothing but Node',
    'deps/a.ts:2: deps/ must not import',
    'envs/a.ts:1: envs/ must not import',
    'nix-server/a.ts:1: nix-server/ must not import',
    'project/a.ts:1: project/ must not import',
    'project/a.ts:1: "tests/helpers/suite.ts" is imported past',
  )
})

test('a folder is entered through its index.ts, and not left and entered again', () => {
  complains(
    {
      'project/a.ts': "import { x } from '../store/pack.ts'\n",
      'store/index.ts': "export * from './pack.ts'\n",
      'store/pack.ts': "import type { X } from './index.ts'\n",
      'cli/fine.ts': "const worker = import('../store/worker.ts')\n",
    },
    'project/a.ts:1: "store/pack.ts" is imported past the index.ts',
    "store/pack.ts:1: a file imports its own folder's index.ts",
  )
})

test('circles of loading', () => {
  complains(
    {
      'store/a.ts': "import { b } from './b.ts'\n",
      'store/b.ts': "import { c } from './c.ts'\n",
      'store/c.ts': "import { a } from './a.ts'\n",
      'store/d.ts': "import type { E } from './e.ts'\n",
      'store/e.ts': "import { d } from './d.ts'\nconst f = await import('./f.ts')\n",
      'store/f.ts': "import { e } from './e.ts'\n",
    },
    'store/a.ts: imports go in a circle: store/a.ts → store/b.ts → store/c.ts → store/a.ts',
  )
})

test('a library is imported by its owner only', () => {
  complains(
    {
      'store/chunker.ts': "import { Hasher } from 'gearhash-jit'\n",
      'store/other.ts': "import { Hasher } from 'gearhash-jit'\n",
      'deps/a.ts': "const x = await import('clipanion/lib/advanced')\n",
      'history/a.ts': "import left from 'left-pad'\n",
    },
    'store/other.ts:1: "gearhash-jit" belongs to store/chunker.ts',
    'deps/a.ts:1: "clipanion" belongs to cli/',
    'history/a.ts:1: the library "left-pad" has no owner',
  )
})

test('owners and package.json name the same libraries', () => {
  const { undici: _, ...rest } = libraries
  complains(
    { 'package.json': JSON.stringify({ dependencies: { ...rest, 'left-pad': '1' } }) },
    'package.json: "left-pad" has no owner',
    'scripts/import-rules.ts: no library "undici"',
  )
})

test('nothing heavy is on the static way from the entry point', () => {
  complains(
    {
      'cli/main.ts':
        "import './parse-words.ts'\nimport type { S } from '../store/index.ts'\nconst x = await import('./late.ts')\n",
      'cli/parse-words.ts': "import { r } from '../project/index.ts'\nimport { Cli } from 'clipanion'\n",
      'cli/late.ts': "import { s } from '../store/index.ts'\n",
      'project/index.ts': "export { x } from './x.ts'\n",
      'project/x.ts': "import { s } from '../store/index.ts'\n",
      'store/index.ts': '',
    },
    'cli/parse-words.ts: "project/index.ts" is loaded at every start',
    'cli/parse-words.ts: "clipanion" is loaded at every start',
  )
})

test('only cli/ touches arguments, environment, terminal and exit status', () => {
  complains(
    {
      'base/a.ts': 'export const home = process.env.HOME\n',
      'store/a.ts': "console.log('hello')\n",
      'project/a.ts': 'export function stop() { process.exitCode = 1 }\n',
      'hook/a.ts': "import { stdout } from 'node:process'\n",
      'deps/fine.ts': '// process.env is not read here\n/** console.log */\nprocess.kill(process.pid)\n',
      'cli/fine.ts': 'process.stdout.write(process.argv[0])\n',
    },
    'base/a.ts: "process.env": only cli/ touches arguments and environment variables',
    'store/a.ts: "console."',
    'project/a.ts: "process.exitCode"',
    'hook/a.ts: ',
  )
})
