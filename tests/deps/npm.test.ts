import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type DependencyRules, dependencyRules, findDependencyFolders } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { cloneDependencies } from './clone-dependencies.ts'
import { packPackage, run, writeTree } from './fixtures.ts'

const test = suite('deps: npm')

let project = ''
let home = ''
let rules: DependencyRules

// Archives made here, so that a real npm installs them without a network.
test.before(() => {
  const archives = realpathSync(temporaryFolder('archives'))
  const pack = (name: string, files: Record<string, string | object>) =>
    packPackage(writeTree(join(archives, name.replace('/', '-')), files))
  const plain = pack('plain', {
    'package.json': { name: 'plain', version: '1.0.0', bin: 'cli.js', main: 'index.js' },
    'cli.js': "#!/usr/bin/env node\nconsole.log(require('.'))\n",
    'index.js': "module.exports = 'plain works'\n",
    'test/node_modules/fixture/index.js': '',
  })
  const newer = pack('newer', { 'package.json': { name: 'plain', version: '2.0.0' }, 'index.js': '' })
  const scoped = pack('@team/scoped', { 'package.json': { name: '@team/scoped', version: '2.0.0' }, 'a/b.js': '' })
  const scripted = pack('scripted', {
    'package.json': { name: 'scripted', version: '1.0.0', scripts: { postinstall: 'node make.js' } },
    'make.js': "require('fs').writeFileSync('made.js', 'made')\n",
  })
  const bundler = pack('bundler', {
    'package.json': { name: 'bundler', version: '1.0.0', dependencies: { inner: '1' }, bundledDependencies: ['inner'] },
    'node_modules/inner/package.json': { name: 'inner', version: '1.2.3' },
  })
  const patched = pack('patched', { 'package.json': { name: 'patched', version: '1.0.0' } })
  home = temporaryFolder('home')
  project = writeTree(realpathSync(temporaryFolder('npm')), {
    'package.json': {
      name: 'root',
      private: true,
      workspaces: ['packages/*'],
      dependencies: {
        plain: `file:${plain}`,
        '@team/scoped': `file:${scoped}`,
        scripted: `file:${scripted}`,
        bundler: `file:${bundler}`,
        patched: `file:${patched}`,
        alias: `file:${plain}`,
      },
    },
    'packages/a/package.json': { name: 'a', version: '1.0.0', dependencies: { plain: `file:${newer}` } },
    'patches/patched+1.0.0.patch': '',
  })
  run('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd: project, home })
  writeTree(project, {
    'node_modules/.prisma/client/index.js': '',
    'node_modules/.cache/babel/x.json': '',
    'node_modules/.vite/deps/x.js': '',
    'node_modules/by-hand/index.js': '',
    'node_modules/plain/node_modules/.cache/x': '',
  })
  rules = dependencyRules(project, findDependencyFolders(project))
})

test('packages with their versions, links not counted', () => {
  const folders = findDependencyFolders(project)
  assert.equal(
    folders.map(({ path, manager }) => `${path} ${manager}`),
    ['node_modules npm', 'packages/a/node_modules npm'],
  )
  const names = folders.map((folder) => folder.names.map(({ name, version }) => `${name}@${version}`))
  assert.ok(lstatSync(join(project, 'node_modules/a')).isSymbolicLink())
  assert.equal(names[1], ['plain@2.0.0'])
  const rest = ['bundler@1.0.0', 'inner@1.2.3', 'patched@1.0.0', 'plain@1.0.0', 'plain@1.0.0', 'scripted@1.0.0']
  assert.equal(names[0], ['@team/scoped@2.0.0', ...rest])
  assert.is(folders[0]?.packages, 7)
})

test('only what the registry delivered is shared', () => {
  const kept = (path: string) => rules.classify(path, false)
  for (const path of [
    'node_modules/plain/index.js',
    'node_modules/plain/package.json',
    'node_modules/plain/test/node_modules/fixture/index.js',
    'node_modules/alias/index.js',
    'node_modules/@team/scoped/a/b.js',
    'node_modules/bundler/package.json',
    'node_modules/bundler/node_modules/inner/package.json',
    'packages/a/node_modules/plain/index.js',
  ]) {
    assert.is(kept(path), 'shared', path)
  }
  for (const path of [
    'node_modules/scripted/package.json',
    'node_modules/scripted/made.js',
    'node_modules/.prisma/client/index.js',
    'node_modules/by-hand/index.js',
    'node_modules/patched/package.json',
    'node_modules/@team/README',
    'src/index.js',
    'index.js',
    'node_modules_old/plain/index.js',
  ]) {
    assert.is(kept(path), 'private', path)
  }
  assert.is(kept('node_modules/.package-lock.json'), 'private')
  assert.is(kept('node_modules/.bin/script'), 'rewrite')
  assert.is(rules.classify('node_modules/.bin/plain', true), 'rewrite')
})

test('caches are left out, and nothing else', () => {
  assert.ok(rules.exclude('node_modules/.cache', true))
  assert.ok(rules.exclude('node_modules/.vite', true))
  assert.ok(rules.exclude('node_modules/plain/node_modules/.cache', true))
  assert.ok(rules.exclude('node_modules/plain/python/__pycache__', true))
  for (const path of [
    'node_modules',
    'node_modules/.bin',
    'node_modules/.prisma',
    'node_modules/plain/.cache',
    '.cache',
  ]) {
    assert.not(rules.exclude(path, true), path)
  }
  assert.not(rules.exclude('src/__pycache__', true), 'not ours to leave out')
  assert.not(rules.exclude('node_modules/.cache', false))
})

test('an installation that was cloned elsewhere works, and npm finds nothing to do', async () => {
  const target = realpathSync(temporaryFolder('a clone'))
  run('cp', ['-a', 'package.json', 'package-lock.json', 'packages', 'patches', target], { cwd: project })
  run('rm', ['-rf', 'packages/a/node_modules'], { cwd: target })
  await cloneDependencies({ project, home }, { project: target, home: temporaryFolder('home') })
  assert.not(existsSync(join(target, 'node_modules/.cache')))
  assert.ok(existsSync(join(target, 'node_modules/.prisma/client/index.js')))
  assert.is(run(join(target, 'node_modules/.bin/plain'), [], { cwd: '/' }), 'plain works\n')
  const list = JSON.parse(run('npm', ['ls', '--all', '--json', '--offline'], { cwd: target }))
  assert.is(list.dependencies.plain.version, '1.0.0')
  assert.is(
    readFileSync(join(target, 'node_modules/.package-lock.json'), 'utf8'),
    readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'),
  )
})

test('without a record of what was installed everything is private', () => {
  const bare = writeTree(temporaryFolder(), {
    'node_modules/plain/package.json': { name: 'plain', version: '1.0.0' },
    'node_modules/plain/index.js': '',
  })
  const own = dependencyRules(bare, findDependencyFolders(bare))
  assert.is(own.classify('node_modules/plain/index.js', false), 'private')
})

test('a record of an absurd form is not believed', () => {
  const bad = writeTree(temporaryFolder(), {
    'node_modules/.package-lock.json': {
      packages: {
        '../../etc': { version: '1.0.0', integrity: 'sha512-x' },
        'node_modules/a': { version: 7, integrity: 7 },
      },
    },
    'node_modules/a/index.js': '',
  })
  const folders = findDependencyFolders(bad)
  assert.equal(folders[0]?.names, [{ name: 'a', version: '' }])
  assert.is(dependencyRules(bad, folders).classify('node_modules/a/index.js', false), 'private')
})
