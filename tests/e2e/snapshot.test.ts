// chunk, snapshot and restore of a real node_modules, with the packaged binary.
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { type Machine, machine, npmSettings } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('end to end: chunk, snapshot, restore', { seconds: 300 })

let account: Machine
let project: string

// What npm leaves in its cache makes later runs need no network.
function npm(...words: string[]): void {
  const common = ['--no-fund', '--no-audit', '--prefer-offline', '--silent', '--ignore-scripts']
  execFileSync('npm', [...words, ...common], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
}

test.before(() => {
  account = machine({ program: [packagedBinary()], env: npmSettings() })
  project = join(account.home, 'app')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "name": "app", "version": "1.0.0" }\n')
  writeFileSync(join(project, 'index.js'), 'console.log(1)\n')
  npm('install', 'express@4.20.0', 'typescript@5.9.2', 'prettier@3.6.2', 'react@18.3.1', 'lodash@4.17.21')
})

interface Counts {
  files: number
  distinctFiles: number
  bytes: number
  chunks: number
  uniqueChunks: number
}

test('chunk counts what is there, and after an update what is new', () => {
  const first = JSON.parse(account.ok(['chunk', 'node_modules', '--json'], { cwd: project })) as Counts
  const files = Number(account.run('sh', ['-c', 'find node_modules -type f | wc -l'], { cwd: project }).stdout)
  assert.is(first.files, files)
  assert.ok(first.distinctFiles <= first.files && first.uniqueChunks <= first.chunks)
  npm('install', 'express@4.21.0')
  const told = account.ok(['chunk', 'node_modules'], { cwd: project })
  const [, chunks, reused] = /New chunks: ([\d,]+), .* \(([\d.]+) % reused/.exec(told) ?? []
  assert.ok(Number(chunks?.replaceAll(',', '')) > 0, told)
  assert.ok(Number(reused) > 90 && Number(reused) < 100, told)
})

test('snapshot, remove, restore: the same tree to the nanosecond', () => {
  const snapshot = JSON.parse(account.ok(['snapshot', '.', '--json'], { cwd: project })) as { manifest: string }
  const skip = (path: string) => path === '.zagi'
  const before = describeTree(project, { skip }).slice(1)
  rmSync(join(project, 'node_modules'), { recursive: true })
  account.ok(['restore', snapshot.manifest, '.'], { cwd: project })
  expectSameTree(describeTree(project, { skip }).slice(1), before)
  const pristine = lstatSync(join(project, 'node_modules/express/package.json'))
  assert.ok(pristine.nlink >= 2)
  assert.is(pristine.mode & 0o222, 0)
  const again = JSON.parse(account.ok(['snapshot', '.', '--json'], { cwd: project })) as { manifest: string }
  assert.is(again.manifest, snapshot.manifest)
})

test('restore over edited files says how to undo it, and that works', () => {
  const { manifest } = JSON.parse(account.ok(['snapshot', '.', '--json'], { cwd: project })) as { manifest: string }
  appendFileSync(join(project, 'index.js'), '// edited\n')
  writeFileSync(join(project, 'new.txt'), 'mine')
  const told = account.ok(['restore', manifest, '.'], { cwd: project })
  assert.is(readFileSync(join(project, 'index.js'), 'utf8'), 'console.log(1)\n')
  assert.ok(existsSync(join(project, 'new.txt')), 'what the snapshot does not know stays')
  const undo = /zagi (restore \S+ \S+)/.exec(told)?.[1]?.split(' ')
  assert.ok(undo, told)
  account.ok(undo!, { cwd: project })
  assert.match(readFileSync(join(project, 'index.js'), 'utf8'), /edited/)
})

test('npm can change a restored node_modules, and the store does not notice', () => {
  const { manifest } = JSON.parse(account.ok(['snapshot', '.', '--json'], { cwd: project })) as { manifest: string }
  const skip = (path: string) => path === '.zagi'
  const before = describeTree(project, { skip }).slice(1)
  rmSync(join(project, 'node_modules'), { recursive: true })
  account.ok(['restore', manifest, '.'], { cwd: project })
  npm('install', 'is-number@7.0.0')
  npm('update')
  const patched = join(project, 'node_modules/express/index.js')
  unlinkSync(patched)
  writeFileSync(patched, 'patched\n')
  const other = join(account.home, 'other')
  account.ok(['restore', manifest, other])
  const inOther = describeTree(join(other, 'node_modules')).slice(1)
  const inBefore = before
    .filter((line) => line.startsWith('node_modules/'))
    .map((line) => line.slice('node_modules/'.length))
  expectSameTree(inOther, inBefore)
})

test('what is no manifest, and a manifest whose chunks are not here', () => {
  writeFileSync(join(project, 'bad.manifest'), '{"version":1,"root":"../x"}')
  const bad = account.zagi(['restore', 'bad.manifest', 'out', '--json'], { cwd: project })
  assert.match(bad.stdout, /MANIFEST_CORRUPT/)
  const { manifest } = JSON.parse(account.ok(['snapshot', '.', '--json'], { cwd: project })) as { manifest: string }
  const stranger = machine({ program: [packagedBinary()] })
  const missing = stranger.zagi(['restore', manifest, 'out', '--json'])
  assert.match(missing.stdout, /CHUNK_MISSING/)
  assert.match(missing.stdout, /hint/)
})
