import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as assert from 'uvu/assert'
import { materialise } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { catalogFlake } from './real-nix.ts'
import { type TestService, testService } from './tool-service-fixture.ts'

const test = suite('nix-server: relocated tools run', { seconds: 600 })

const system = 'linux-x64'
const place = temporaryFolder('r')
const asRoot = process.getuid!() === 0
const nobody = 65534

let service: TestService
const ran: string[] = []
const tried: string[] = []

test.before(() => {
  service = testService({ catalog: catalogFlake() })
  // Postgres runs as another user, who has to get there.
  chmodSync(place, 0o755)
})

test.after(() => {
  const hidden = hidesNix ? 'with /nix hidden' : 'with /nix in sight: hiding it needs root'
  console.log(`\n${ran.length} of ${tried.length} tools ran ${hidden}`)
})

// In a mount namespace of its own that ends with the command, so nothing has to be cleaned up.
const hide = [
  'unshare',
  '--mount',
  '--propagation',
  'private',
  'sh',
  '-c',
  'mount -t tmpfs none /nix && exec "$@"',
  'sh',
]
const hidesNix = asRoot && spawnSync(hide[0]!, [...hide.slice(1), 'true']).status === 0

interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  user?: number
}

/** Runs a program with nothing of this machine's PATH but what every machine has. */
function run(program: string, args: string[], options: RunOptions = {}): string {
  const user =
    options.user === undefined || !asRoot
      ? []
      : ['setpriv', `--reuid=${options.user}`, `--regid=${options.user}`, '--clear-groups']
  const [first, ...rest] = [...(hidesNix ? hide : []), ...user, program, ...args]
  const home = temporaryFolder('home')
  if (asRoot && options.user !== undefined) chownSync(home, options.user, options.user)
  const result = spawnSync(first!, rest, {
    cwd: options.cwd ?? home,
    env: { PATH: '/usr/bin:/bin', HOME: home, LC_ALL: 'C.UTF-8', ...options.env },
    encoding: 'utf8',
  })
  assert.is(
    result.status,
    0,
    `${basename(program)} ${args.join(' ')}\n${result.error ?? ''}${result.stdout}${result.stderr}`,
  )
  return result.stdout
}

/** Brings a tool of the catalog and gives its relocated folder to `check`. */
function tool(name: string, version: string, check: (bin: string, folder: string) => void | Promise<void>): void {
  test(`${name} ${version}`, async () => {
    tried.push(name)
    const { closure } = await service.tools.realise({ name, version, system })
    const { main } = await materialise(service.store, closure, { tools: join(place, 's') })
    await check(join(main, 'bin'), main)
    ran.push(name)
  })
}

for (const version of ['22.9.0', '22.23.3']) {
  tool('node', version, (bin) => {
    assert.is(run(join(bin, 'node'), ['--version']).trim(), `v${version}`)
    assert.match(run(join(bin, 'npm'), ['--version']), /^10\./)
    assert.match(run(join(bin, 'npx'), ['--version']), /^10\./)
    // A package from a folder, installed for all projects, with a program that finds this node.
    const work = temporaryFolder('npm')
    mkdirSync(join(work, 'hello'))
    writeFileSync(join(work, 'hello/package.json'), '{"name":"hello","version":"1.0.0","bin":"hello.js"}')
    writeFileSync(join(work, 'hello/hello.js'), '#!/usr/bin/env node\nconsole.log("hello from", process.version)\n')
    const env = { PATH: `${bin}:/usr/bin:/bin`, npm_config_prefix: join(work, 'global'), npm_config_offline: 'true' }
    run(join(bin, 'npm'), ['install', '--global', join(work, 'hello')], { env })
    assert.is(run(join(work, 'global/bin/hello'), [], { env }).trim(), `hello from v${version}`)
  })
}

tool('python', '3.11.2', (bin) => {
  const modules = 'bz2, ctypes, curses, lzma, readline, sqlite3, ssl, uuid, zlib'
  assert.is(run(join(bin, 'python'), ['-c', `import ${modules}; print(ssl.OPENSSL_VERSION_INFO[0])`]).trim(), '3')
  const work = temporaryFolder('venv')
  run(join(bin, 'python'), ['-m', 'venv', '--without-pip', join(work, 'bare')])
  assert.is(run(join(work, 'bare/bin/python'), ['-c', 'import sys; print(sys.prefix)']).trim(), join(work, 'bare'))
  run(join(bin, 'python3'), ['-m', 'venv', '.venv'], { cwd: work })
  assert.match(run(join(work, '.venv/bin/pip'), ['--version']), /^pip .*\/\.venv\/lib\/python3\.11\//)
  // A package from a folder: setuptools come with the venv, nothing is fetched.
  mkdirSync(join(work, 'hello/hello'), { recursive: true })
  writeFileSync(join(work, 'hello/hello/__init__.py'), 'def main():\n    print("hello from python")\n')
  const setup =
    'from setuptools import setup\nsetup(name="hello", version="1", packages=["hello"], entry_points={"console_scripts": ["hello=hello:main"]})\n'
  writeFileSync(join(work, 'hello/setup.py'), setup)
  run(join(work, '.venv/bin/pip'), ['install', '--no-index', '--no-build-isolation', join(work, 'hello')])
  assert.is(run(join(work, '.venv/bin/hello'), []).trim(), 'hello from python')
})

tool('redis', '7.0.15', (bin) => {
  assert.match(run(join(bin, 'redis-server'), ['--version']), /v=7\.0\.15/)
  assert.match(run(join(bin, 'redis-cli'), ['--version']), /7\.0\.15/)
  const socket = join(temporaryFolder('redis'), 'socket')
  const script = `"$0/redis-server" --port 0 --unixsocket ${socket} --save '' >/dev/null &
for try in 1 2 3 4 5 6 7 8 9 10; do [ -S ${socket} ] && break; sleep 0.2; done
"$0/redis-cli" -s ${socket} set key value && "$0/redis-cli" -s ${socket} get key && "$0/redis-cli" -s ${socket} shutdown nosave`
  assert.match(run('sh', ['-c', script, bin]), /OK\nvalue/)
})

tool('postgres', '16.14', (bin) => {
  assert.match(run(join(bin, 'postgres'), ['--version']), /16\.14/)
  const data = temporaryFolder('pg')
  if (asRoot) chownSync(data, nobody, nobody)
  run(join(bin, 'initdb'), ['--auth=trust', '--no-locale', '--encoding=UTF8', '--no-sync', '-D', join(data, 'd')], {
    user: nobody,
  })
  const single = ['--single', '-D', join(data, 'd'), 'postgres']
  const script = 'echo "select 6 * 7 as answer" | "$@"'
  assert.match(run('sh', ['-c', script, 'sh', join(bin, 'postgres'), ...single], { user: nobody }), /answer = "42"/)
})

tool('psql', '15', (bin) => {
  assert.match(run(join(bin, 'psql'), ['--version']), /PostgreSQL\) 15/)
})

// Zig is left out here: writing its 19,500 files takes longer than everything else. It compiles greet, below.

tool('bun', '1.4.4', (bin) => {
  assert.is(run(join(bin, 'bun'), ['--version']).trim(), '1.4.4')
  assert.is(run(join(bin, 'bun'), ['-e', 'console.log([1, 2, 3].at(-1))']).trim(), '3')
})

tool('bash', '5.2.15', (bin) => {
  assert.match(run(join(bin, 'bash'), ['-c', 'echo $BASH_VERSION']), /^5\.2\.15/)
})

tool('coreutils', '9.1', (bin) => {
  assert.match(run(join(bin, 'sha256sum'), ['--version']), /9\.1/)
  assert.is(run(join(bin, 'basename'), ['/a/b']).trim(), 'b')
})

tool('greet', '1.0', (bin, folder) => {
  const lines = Object.fromEntries(
    run(join(bin, 'greet'), [])
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  )
  const data = join(folder, 'share/greet')
  assert.is(lines['program'], join(bin, 'greet'))
  assert.is(lines['message'], 'hello from the data folder')
  // The place may be padded with slashes: what matters is that it has the old length and leads to the new folder.
  for (const key of ['plain', 'split', 'utf16', 'utf32']) assert.is(join(lines[key]!), data, key)
  assert.match(lines['hash']!, /^[0-9a-z]{32}$/)
  assert.is(lines['length'], '65 of 65')
  assert.ok(existsSync(join(data, 'absolute-link')))
})

tool('pygreet', '1.0', (bin, folder) => {
  const lines = run(join(bin, 'pygreet'), []).trim().split('\n')
  assert.is(lines.length, 2)
  for (const line of lines) assert.is(join(line.split(' ')[0]!), join(folder, 'share'))
})

test('nothing but known exceptions names the old place', () => {
  const found = spawnSync('grep', ['-rlaE', '/nix/store/[0-9a-df-np-sv-z]{32}-', join(place, 's')], {
    encoding: 'utf8',
  })
  // References to paths that are not in the closure (build inputs that were only mentioned) stay as they are.
  const files = found.stdout.split('\n').filter(Boolean)
  assert.equal(files, [], `${files.length} files`)
})
