import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('scripts: knip')

const root = process.cwd()

/** What knip says about a small tree with our settings. */
function knip(files: Record<string, string>): { status: number | null; output: string } {
  const folder = temporaryFolder('knip')
  copyFileSync(join(root, 'knip.json'), join(folder, 'knip.json'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const program = join(root, 'node_modules/knip/bin/knip.js')
  const run = spawnSync(process.execPath, [program, '--no-progress'], { cwd: folder, encoding: 'utf8' })
  return { status: run.status, output: run.stdout + run.stderr }
}

const good = {
  'package.json': JSON.stringify({ type: 'module', scripts: { zagi: 'node cli/main.ts' }, dependencies: {} }),
  'tsconfig.json': '{}',
  'cli/main.ts': "import { pack } from '../store/index.ts'\npack()\n",
  'store/index.ts': "export * from './pack.ts'\n",
  'store/pack.ts': 'export interface Pack { id: string }\nexport function pack() {}\n',
  'store/worker.ts': 'export {}\n',
  'scripts/build.ts': "import { spawnSync } from 'node:child_process'\nspawnSync('xz')\n",
  'tests/store/pack.test.ts': "import { pack } from '../../store/index.ts'\npack()\n",
}

test('a tidy tree is quiet', () => {
  const { status, output } = knip(good)
  assert.is(status, 0, output)
})

test('files, exports and libraries that nothing uses', () => {
  const { status, output } = knip({
    ...good,
    'package.json': good['package.json'].replace('"dependencies":{}', '"dependencies":{"left-pad":"1"}'),
    'store/forgotten.ts': 'export const x = 1\n',
    'store/pack.ts': `${good['store/pack.ts']}export function unpack() {}\n`,
  })
  assert.is(status, 1, output)
  for (const complaint of ['store/forgotten.ts', 'left-pad', 'unpack']) assert.ok(output.includes(complaint), output)
  assert.not.match(output, /Pack\b.*interface/)
})
