import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { dependencyRules, findDependencyFolders } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { run, writeTree } from './fixtures.ts'

const test = suite('deps: find')

const one = (name: string, version: string) => ({ name, version })

function found(project: string, skip?: (path: string) => boolean) {
  const folders = findDependencyFolders(project, skip ? { skip } : {})
  return folders.map(({ path, manager, base, packages }) => `${path} ${manager} "${base}" ${packages}`)
}

test('folders at any depth, and none inside another', () => {
  const project = writeTree(temporaryFolder(), {
    'node_modules/a/package.json': one('a', '1.0.0'),
    'node_modules/a/node_modules/b/package.json': one('b', '1.0.0'),
    'node_modules/a/venv/pyvenv.cfg': '',
    'src/deep/er/node_modules/@s/c/package.json': one('@s/c', '2.0.0'),
    'python env/pyvenv.cfg': '',
    'python env/lib/python3.12/site-packages/Flask-3.0.0.dist-info/RECORD': '',
    'python env/lib/python3.12/site-packages/old_egg-1.5-py3.12.egg-info/PKG-INFO': '',
    'python env/lib/python3.12/site-packages/node_modules/x/package.json': one('x', '1.0.0'),
    '.git/node_modules/x/package.json': one('x', '1.0.0'),
    'nested/.git/HEAD': '',
    'nested/node_modules/x/package.json': one('x', '1.0.0'),
    '.zagi/env/node_modules/x/package.json': one('x', '1.0.0'),
    'docs/node_modules.md': '',
  })
  symlinkSync('lib', join(project, 'python env/lib64'))
  symlinkSync('../node_modules', join(project, 'docs/node_modules'))
  assert.equal(found(project), [
    'node_modules npm "" 2',
    'python env python "" 2',
    'src/deep/er/node_modules npm "src/deep/er" 1',
  ])
  assert.equal(findDependencyFolders(project)[1]?.names, [one('Flask', '3.0.0'), one('old_egg', '1.5')])
})

test('a project that is a virtual environment itself is not one folder of dependencies', () => {
  const project = writeTree(temporaryFolder(), { 'pyvenv.cfg': '', 'app.py': '' })
  assert.equal(found(project), [])
})

test('an ignored folder is not looked into, but an ignored environment is found', () => {
  const project = writeTree(temporaryFolder(), {
    'dist/node_modules/a/package.json': one('a', '1.0.0'),
    '.venv/pyvenv.cfg': '',
    'node_modules/a/package.json': one('a', '1.0.0'),
  })
  const ignored = new Set(['dist', '.venv', 'node_modules'])
  assert.equal(
    found(project, (path) => ignored.has(path)),
    ['.venv python "" 0', 'node_modules npm "" 1'],
  )
})

test('workspaces belong to the root that the manager was run in', () => {
  const project = writeTree(temporaryFolder(), {
    'node_modules/.yarn-integrity': '{}',
    'packages/a/node_modules/x/package.json': one('x', '1.0.0'),
    'packages/other/package-lock.json': '{}',
    'packages/other/node_modules/.package-lock.json': {
      packages: { 'node_modules/y': { version: '3.0.0' }, 'node_modules/link': { link: true } },
    },
  })
  assert.equal(found(project), [
    'node_modules yarn "" 0',
    'packages/a/node_modules yarn "" 1',
    'packages/other/node_modules npm "packages/other" 1',
  ])
})

test('the newest marker tells who filled a folder, then the lockfile beside it', () => {
  const project = writeTree(temporaryFolder(), {
    'both/node_modules/.package-lock.json': '{}',
    'both/node_modules/.yarn-integrity': '{}',
    'bun/node_modules/x/package.json': one('x', '1.0.0'),
    'bun/bun.lock': '{}',
    'pnpm/node_modules/.modules.yaml': '',
    'pnpm/bun.lock': '{}',
    'plain/node_modules/x/package.json': one('x', '1.0.0'),
  })
  const managers = () => findDependencyFolders(project).map(({ manager }) => manager)
  utimesSync(join(project, 'both/node_modules/.package-lock.json'), 1, 1)
  assert.equal(managers(), ['yarn', 'bun', 'npm', 'pnpm'])
  utimesSync(join(project, 'both/node_modules/.yarn-integrity'), 0, 0)
  assert.equal(managers(), ['npm', 'bun', 'npm', 'pnpm'])
})

test('a folder with caches only is empty', () => {
  const project = writeTree(temporaryFolder(), {
    'a/node_modules/.vite/deps/x.js': '',
    'b/node_modules/.cache/x': '',
    'b/node_modules/.bin/x': '',
  })
  mkdirSync(join(project, 'c/node_modules'), { recursive: true })
  assert.equal(
    findDependencyFolders(project).map(({ empty }) => empty),
    [true, false, true],
  )
})

test('damaged records count as none', () => {
  const project = writeTree(temporaryFolder(), {
    'a/node_modules/.package-lock.json': '{"packages": [',
    'a/node_modules/x/package.json': one('x', '1.0.0'),
    'b/node_modules/.package-lock.json': '[1]',
    'c/node_modules/.package-lock.json': { packages: { 'node_modules/x': 'text', 'node_modules/y': null } },
    'd/node_modules/x/package.json': 'not JSON',
    'e/node_modules/.yarn-integrity': '[]',
    'f/node_modules/.modules.yaml': '',
    'f/node_modules/.pnpm/lock.yaml': '\0packages:\n  :\n    resolution: {integrity: x}\n',
    'g/node_modules/x/package.json': '[]',
    'g/bun.lock': '{,,}',
  })
  writeFileSync(join(project, 'a/node_modules/x/binary'), Buffer.from([0xff, 0]))
  assert.equal(
    findDependencyFolders(project).map(({ packages }) => packages),
    [1, 0, 2, 0, 0, 0, 0],
  )
})

test('what is no file where a record should be is passed over', () => {
  const project = writeTree(temporaryFolder(), {
    'node_modules/x/index.js': '',
    'node_modules/.package-lock.json/folder': '',
    'venv/pyvenv.cfg': '',
    'venv/lib/python3.12/site-packages/x-1.dist-info/RECORD/folder': '',
  })
  run('mkfifo', ['node_modules/x/package.json', 'bun.lock'], { cwd: project })
  const folders = findDependencyFolders(project)
  assert.equal(
    folders.map(({ packages }) => packages),
    [0, 1],
  )
  const rules = dependencyRules(project, folders)
  assert.is(rules.classify('node_modules/x/index.js', false), 'private')
  assert.is(rules.classify('venv/lib/x.py', false), 'private')
})
