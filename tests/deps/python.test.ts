import { existsSync, mkdirSync, readFileSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { dependencyRules, findDependencyFolders } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { cloneDependencies, type Place } from './clone-dependencies.ts'
import { run, writeTree } from './fixtures.ts'
import { buildWheel } from './wheel.ts'

const test = suite('deps: python')

let wheel = ''
let place: Place = { project: '', home: '' }

const pip = (project: string, ...args: string[]) =>
  run('.venv/bin/python', ['-m', 'pip', '--disable-pip-version-check', 'install', '--no-index', ...args], {
    cwd: project,
  })

// A build backend that knows nothing but editable installs, in the two ways that real ones do them.
const backend = `
import os, zipfile
def get_requires_for_build_editable(config=None): return []
def build_editable(target, config=None, metadata=None):
    here = os.getcwd()
    name = 'edited-0.1-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(target, name), 'w') as archive:
        archive.writestr('__editable__.edited-0.1.pth', here + '/src\\nimport __editable___edited_0_1_finder')
        archive.writestr('__editable___edited_0_1_finder.py', 'MAPPING = {"edited": "%s/src/edited"}\\n' % here)
        archive.writestr('edited-0.1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: edited\\nVersion: 0.1\\n')
        archive.writestr('edited-0.1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        archive.writestr('edited-0.1.dist-info/RECORD', '__editable__.edited-0.1.pth,,\\n__editable___edited_0_1_finder.py,,\\nedited-0.1.dist-info/METADATA,,\\nedited-0.1.dist-info/WHEEL,,\\nedited-0.1.dist-info/RECORD,,\\n')
    return name
`

test.before(() => {
  wheel = buildWheel(realpathSync(temporaryFolder('wheels')), {
    name: 'greeter',
    version: '1.2.3',
    files: {
      'greeter/__init__.py': 'import sys\ndef main(): print("hello from", sys.prefix)\n',
      'greeter/a, b.txt': 'data',
      'greeter-1.2.3.data/scripts/greeter-script': '#!python\nimport greeter; greeter.main()\n',
      'greeter-1.2.3.data/data/share/greeter/x.txt': 'data',
    },
    scripts: ['greet = greeter:main'],
  })
  const project = writeTree(realpathSync(temporaryFolder('python')), {
    'lib/pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    'lib/backend.py': backend,
    'lib/src/edited/__init__.py': 'where = __file__\n',
  })
  place = { project, home: realpathSync(temporaryFolder('home')) }
  run('python3', ['-m', 'venv', '.venv'], { cwd: project })
  pip(project, wheel)
  pip(project, '--no-build-isolation', '--editable', './lib')
})

async function cloneTo(project: string): Promise<Place> {
  mkdirSync(project, { recursive: true })
  const to = { project, home: realpathSync(temporaryFolder('home')) }
  run('cp', ['-a', 'lib', project], { cwd: place.project })
  await cloneDependencies(place, to)
  return to
}

/** Everything a person does with an environment. */
function checkWorks(project: string): void {
  const hello = `hello from ${project}/.venv\n`
  const venv = join(project, '.venv')
  assert.is(run(join(venv, 'bin/greet'), [], { cwd: '/' }), hello)
  assert.is(run(join(venv, 'bin/greeter-script'), [], { cwd: '/' }), hello)
  assert.is(run(join(venv, 'bin/python'), ['-c', 'import greeter; greeter.main()'], { cwd: '/' }), hello)
  const edited = 'import edited, __editable___edited_0_1_finder as f; print(edited.where, f.MAPPING["edited"])'
  assert.is(
    run(join(venv, 'bin/python'), ['-c', edited], { cwd: '/' }),
    `${project}/lib/src/edited/__init__.py ${project}/lib/src/edited\n`,
  )
  const activate =
    'cd "$0" && . .venv/bin/activate && cd / && greet && printf "%s\\n" "$VIRTUAL_ENV" "$(command -v python)"'
  assert.is(run('bash', ['-c', activate, project], { cwd: '/' }), `${hello}${venv}\n${venv}/bin/python\n`)
  assert.match(run(join(venv, 'bin/pip'), ['--disable-pip-version-check', 'list'], { cwd: '/' }), /greeter +1\.2\.3/)
  pip(project, '--force-reinstall', wheel)
  assert.is(run(join(venv, 'bin/greet'), [], { cwd: '/' }), hello)
}

test('packages by their metadata', () => {
  const [folder] = findDependencyFolders(place.project)
  assert.is(folder?.path, '.venv')
  assert.is(folder?.manager, 'python')
  const names = folder?.names.map(({ name, version }) => `${name}@${version}`) ?? []
  assert.ok(names.includes('greeter@1.2.3') && names.includes('edited@0.1'))
})

test('what a wheel listed is shared, what holds paths is rewritten, the rest is private', () => {
  const rules = dependencyRules(place.project, findDependencyFolders(place.project))
  const site = dirname(
    run('find', ['.venv', '-name', 'greeter'], { cwd: place.project })
      .split('\n')
      .find((path) => path.includes('site-packages')) ?? '',
  )
  const kept = (path: string) => rules.classify(path, false)
  assert.is(kept(`${site}/greeter/__init__.py`), 'shared')
  assert.is(kept(`${site}/greeter/a, b.txt`), 'shared')
  assert.is(kept(`${site}/greeter-1.2.3.dist-info/METADATA`), 'shared')
  assert.is(kept('.venv/share/greeter/x.txt'), 'shared')
  for (const path of ['pyvenv.cfg', 'bin/greet', 'bin/activate', 'bin/activate.fish', 'bin/pip']) {
    assert.is(kept(`.venv/${path}`), 'rewrite', path)
  }
  for (const name of ['__editable__.edited-0.1.pth', '__editable___edited_0_1_finder.py', 'x.egg-link']) {
    assert.is(kept(`${site}/${name}`), 'rewrite', name)
  }
  assert.is(kept(`${site}/edited-0.1.dist-info/direct_url.json`), 'rewrite')
  for (const path of ['greeter-1.2.3.dist-info/RECORD', 'greeter-1.2.3.dist-info/INSTALLER', 'greeter/made.py']) {
    assert.is(kept(`${site}/${path}`), 'private', path)
  }
  assert.ok(rules.exclude(`${site}/greeter/__pycache__`, true))
  assert.is(rules.classify('.venv/bin/python', true), 'rewrite')
  assert.is(kept('.venv/bin/python'), 'private', 'a program, no script')
})

test('it works at another path', async () => {
  const clone = await cloneTo(join(realpathSync(temporaryFolder('clone')), 'project'))
  checkWorks(clone.project)
  const activate = readFileSync(join(clone.project, '.venv/bin/activate.csh'), 'utf8')
  assert.ok(activate.includes(`${clone.project}/.venv`) && !activate.includes(place.project))
  assert.ok(
    readFileSync(join(clone.project, '.venv/bin/greet'), 'utf8').startsWith(`#!${clone.project}/.venv/bin/python`),
  )
})

test('it works at a path with blanks', async () => {
  checkWorks((await cloneTo(join(realpathSync(temporaryFolder('clone')), 'a new project'))).project)
})

test('it works at a path that is too long for a first line, and back at a short one', async () => {
  const far = await cloneTo(join(realpathSync(temporaryFolder('clone')), 'd'.repeat(120), 'project'))
  const back = realpathSync(temporaryFolder('back'))
  run('cp', ['-a', 'lib', back], { cwd: place.project })
  await cloneDependencies(far, { project: back, home: place.home })
  checkWorks(far.project)
  checkWorks(back)
  assert.ok(readFileSync(join(back, '.venv/bin/greet'), 'utf8').startsWith(`#!${back}/.venv/bin/python`))
})

test('an environment of copies works at another path', async () => {
  const project = realpathSync(temporaryFolder('copies'))
  run('python3', ['-m', 'venv', '--copies', '.venv'], { cwd: project })
  pip(project, wheel)
  const target = realpathSync(temporaryFolder('clone'))
  await cloneDependencies({ project, home: place.home }, { project: target, home: place.home })
  assert.is(run(join(target, '.venv/bin/greet'), [], { cwd: '/' }), `hello from ${target}/.venv\n`)
})

test('an interpreter below the home folder is found in the other home', async () => {
  const home = realpathSync(temporaryFolder('home'))
  const project = realpathSync(temporaryFolder('project'))
  const real = run('python3', ['-c', 'import sys; print(sys.base_prefix)'], { cwd: '/' }).trim()
  const other = realpathSync(temporaryFolder('home'))
  for (const folder of [home, other]) symlinkSync(real, join(folder, 'python'))
  run(join(home, 'python/bin/python3'), ['-m', 'venv', '--without-pip', '.venv'], { cwd: project })
  const target = realpathSync(temporaryFolder('clone'))
  await cloneDependencies({ project, home }, { project: target, home: other })
  assert.ok(readFileSync(join(target, '.venv/pyvenv.cfg'), 'utf8').includes(`home = ${other}/python/bin`))
  assert.ok(readlinkSync(join(target, '.venv/bin/python3')).startsWith(`${other}/python/bin/`))
  assert.is(run(join(target, '.venv/bin/python'), ['-c', 'print(1)'], { cwd: '/' }), '1\n')
})

test('an environment that uv made', async () => {
  // uv is not on the npm registry: this is the form of its files, with a real interpreter.
  const project = realpathSync(temporaryFolder('uv'))
  const python = realpathSync(run('python3', ['-c', 'import sys; print(sys.executable)'], { cwd: '/' }).trim())
  const version = run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { cwd: '/' }).trim()
  const site = `.venv/lib/python${version}/site-packages`
  writeTree(project, {
    '.venv/pyvenv.cfg': `home = ${dirname(python)}\nimplementation = CPython\nuv = 0.9.0\nversion_info = ${version}.0\ninclude-system-site-packages = false\nprompt = uv\n`,
    '.venv/.gitignore': '*',
    '.venv/.lock': '',
    '.venv/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
    '.venv/bin/activate': `VIRTUAL_ENV='${project}/.venv'\nexport VIRTUAL_ENV\nPATH="$VIRTUAL_ENV/bin:$PATH"\n`,
    '.venv/bin/greet': `#!${project}/.venv/bin/python3\nimport greeter\ngreeter.main()\n`,
    '.venv/bin/far': `#!/bin/sh\n'''exec' '${project}/.venv/bin/python3' "$0" "$@"\n' '''\nimport greeter\ngreeter.main()\n`,
    [`${site}/_virtualenv.pth`]: 'import _virtualenv',
    [`${site}/_virtualenv.py`]: '',
    [`${site}/greeter/__init__.py`]: 'import sys\ndef main(): print("hello from", sys.prefix)\n',
    [`${site}/greeter-1.2.3.dist-info/RECORD`]: 'greeter/__init__.py,sha256=x,1\n',
    [`${site}/_own.pth`]: `${project}/src`,
  })
  symlinkSync(python, join(project, '.venv/bin/python'))
  symlinkSync('python', join(project, '.venv/bin/python3'))
  symlinkSync('lib', join(project, '.venv/lib64'))
  const target = realpathSync(temporaryFolder('clone'))
  await cloneDependencies({ project, home: place.home }, { project: target, home: place.home })
  const hello = `hello from ${target}/.venv\n`
  assert.is(run(join(target, '.venv/bin/greet'), [], { cwd: '/' }), hello)
  assert.is(run(join(target, '.venv/bin/far'), [], { cwd: '/' }), hello)
  assert.is(run('sh', ['-c', '. "$0/.venv/bin/activate" && greet', target], { cwd: '/' }), hello)
  assert.is(readFileSync(join(target, site, '_own.pth'), 'utf8'), `${target}/src`)
  assert.is(readlinkSync(join(target, '.venv/lib64')), 'lib')
})

test('hostile lists of files do not reach out of the environment', () => {
  const project = writeTree(temporaryFolder(), {
    '.venv/pyvenv.cfg': '',
    '.venv/lib/python3.12/site-packages/x-1.dist-info/RECORD':
      '../../../../src/app.py,sha256=x,1\n/etc/passwd,sha256=x,1\n../../../bin/x,sha256=x,1\nx/y.pyc,sha256=x,1\n"un,sha256=x\n,,\n',
  })
  assert.ok(existsSync(join(project, '.venv')))
  const rules = dependencyRules(project, findDependencyFolders(project))
  assert.is(rules.classify('src/app.py', false), 'private')
  assert.is(rules.classify('.venv/lib/python3.12/site-packages/x/y.pyc', false), 'private')
})
