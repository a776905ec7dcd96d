import { execFile } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import * as assert from 'uvu/assert'
import { memoryBackend } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type TestServer, testServer } from './http-server.ts'

const test = suite('nix-server: installer')

// Stands for the program: the installer calls these three and nothing else.
const program = `#!/bin/sh
case "$1" in
  --version) echo "zagi 1.2.3 (abcdef)" ;;
  server) echo "$2" >"$HOME/recorded-server" ;;
  hook) echo "ZAGI_TEST_HOOK=$2" ;;
esac
`
const mark = '# added by the zagi installer'

let server: TestServer

test.before(async () => {
  const binaries = temporaryFolder('binaries')
  for (const system of ['linux-x64', 'linux-arm64']) writeFileSync(join(binaries, `zagi-${system}`), program)
  server = await testServer({ storage: memoryBackend(), binaries })
})

test.after(() => server.close())

/** A folder for PATH with these programs of the machine and no others. */
function onlyPrograms(extra: string[]): string {
  const basic = ['sh', 'uname', 'sha256sum', 'gzip', 'mkdir', 'chmod', 'mv', 'rm', 'wc', 'basename', 'dirname']
  const folder = temporaryFolder('path')
  for (const name of [...basic, 'grep', 'tail', 'cat', ...extra]) {
    const from = process.env['PATH']!.split(delimiter).find((entry) => existsSync(join(entry, name)))
    if (from === undefined) throw new Error(`This test needs the program "${name}"`)
    symlinkSync(join(from, name), join(folder, name))
  }
  rmSync(join(folder, 'sh'))
  symlinkSync('/usr/bin/dash', join(folder, 'sh'))
  return folder
}

interface RunOptions {
  home: string
  path?: string
  env?: Record<string, string>
}

interface Ran {
  status: number
  output: string
}

/** Runs a command line in dash, in an environment of its own. */
function run(line: string, options: RunOptions): Promise<Ran> {
  const { home, path = process.env['PATH']!, env = {} } = options
  return new Promise((resolve) => {
    const started = { env: { HOME: home, PATH: path, SHELL: '/bin/bash', ...env } }
    execFile('/usr/bin/dash', ['-c', line], started, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

function install(options: RunOptions): Promise<Ran> {
  return run(`curl -sf ${server.url}/ | sh`, options)
}

async function script(path = ''): Promise<string> {
  return (await fetch(`${server.url}/${path}`)).text()
}

function everything(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort()
}

test('it puts one file in place, hooks the shells and records the server', async () => {
  const home = temporaryFolder('home of a user')
  const { status, output } = await install({ home, path: onlyPrograms(['curl', 'bash', 'zsh', 'fish']) })
  assert.is(status, 0, output)
  const installed = join(home, '.local/bin/zagi')
  assert.is(readFileSync(installed, 'utf8'), program)
  assert.is(statSync(installed).mode & 0o777, 0o755)
  assert.is(readFileSync(join(home, 'recorded-server'), 'utf8'), `${server.url}\n`)
  assert.equal(everything(join(home, '.local/bin')), ['zagi'])
  for (const rc of ['.bashrc', '.zshrc', '.config/fish/conf.d/zagi.fish']) {
    const text = readFileSync(join(home, rc), 'utf8')
    assert.is(text.split('\n').length, 2, rc)
    assert.ok(text.endsWith(`${mark}\n`))
  }
  assert.match(output, /Installed zagi 1\.2\.3 \(abcdef\): ~\/\.local\/bin\/zagi/)
  assert.ok(output.includes(`curl -sf ${server.url}/uninstall | sh`))
})

test('each shell then has the hook and the program on its PATH', async () => {
  const home = temporaryFolder('home')
  await install({ home })
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { output } = await run(`${shell} -ic 'echo hook=$ZAGI_TEST_HOOK; command -v zagi' 2>&1`, { home })
    if (shell === 'fish') assert.ok(output.includes(join(home, '.local/bin/zagi')), output)
    else assert.ok(output.includes(`hook=${shell}\n${join(home, '.local/bin/zagi')}`), output)
  }
})

test('running it again changes nothing, and an older line is replaced', async () => {
  const home = temporaryFolder('home')
  const bashrc = join(home, '.bashrc')
  writeFileSync(bashrc, `alias a=b\nold line ${mark}\nalias c=d`)
  await install({ home })
  const once = readFileSync(bashrc, 'utf8')
  assert.match(once, /^alias a=b\nalias c=d\nif /)
  await install({ home })
  assert.is(readFileSync(bashrc, 'utf8'), once)
  assert.equal(
    everything(home).filter((name) => name.includes('zagi-')),
    [],
  )
})

test('it works with wget alone, and then says so', async () => {
  const home = temporaryFolder('home')
  const path = onlyPrograms(['wget', 'bash'])
  const { status, output } = await run(`wget -qO- ${server.url} | sh`, { home, path })
  assert.is(status, 0, output)
  assert.ok(existsSync(join(home, '.local/bin/zagi')))
  assert.ok(output.includes(`wget -qO- ${server.url}/uninstall | sh`))
})

test('it works with other programs for SHA-256', async () => {
  for (const sum of ['openssl', 'shasum']) {
    const home = temporaryFolder('home')
    const path = onlyPrograms(['curl', sum, ...(sum === 'shasum' ? ['perl'] : [])])
    rmSync(join(path, 'sha256sum'))
    const { status, output } = await install({ home, path })
    assert.is(status, 0, output)
  }
})

test('a program that is missing is named, and nothing is left behind', async () => {
  for (const [missing, needed] of Object.entries({ gzip: 'gzip', sha256sum: 'sha256sum', curl: 'curl nor wget' })) {
    const home = temporaryFolder('home')
    const path = onlyPrograms(['curl'])
    rmSync(join(path, missing))
    const { status, output } = await run(await script(), { home, path })
    assert.is(status, 1)
    assert.ok(output.includes(needed), output)
    assert.not.ok(existsSync(join(home, '.local/bin/zagi')))
    assert.equal(existsSync(join(home, '.local/bin')) ? everything(join(home, '.local/bin')) : [], [])
  }
})

test('a download with another checksum is not installed, and the old program stays', async () => {
  const home = temporaryFolder('home')
  await install({ home })
  writeFileSync(join(home, '.local/bin/zagi'), 'old')
  const wrong = (await script()).replace(/sha256=[0-9a-f]{64}/g, `sha256=${'0'.repeat(64)}`)
  const { status, output } = await run(wrong, { home })
  assert.is(status, 1)
  assert.match(output, /damaged/)
  assert.is(readFileSync(join(home, '.local/bin/zagi'), 'utf8'), 'old')
  assert.equal(everything(join(home, '.local/bin')), ['zagi'])
})

test('a program that does not start here is not installed', async () => {
  const binaries = temporaryFolder('binaries')
  writeFileSync(join(binaries, 'zagi-linux-x64'), '#!/bin/sh\necho "no such libc" >&2; exit 1\n')
  const other = await testServer({ storage: memoryBackend(), binaries })
  try {
    const home = temporaryFolder('home')
    const { status, output } = await run(`curl -sf ${other.url} | sh`, { home })
    assert.is(status, 1)
    assert.match(output, /does not run on this machine: no such libc/)
    assert.equal(everything(join(home, '.local/bin')), [])
  } finally {
    await other.close()
  }
})

test('a server without a binary for this system says for which it has one', async () => {
  const text = (await script()).replaceAll('$(uname -m)', 'riscv64')
  const home = temporaryFolder('home')
  assert.match((await run(text, { home })).output, /zagi does not run on riscv64/)
  const darwin = (await script()).replaceAll('$(uname -s)', 'Darwin')
  assert.match((await run(darwin, { home })).output, /has no zagi for darwin-\w+, only for linux-x64, linux-arm64/)
  assert.equal(everything(home), [])
})

test('a script that is cut anywhere does nothing', async () => {
  const whole = await script()
  const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((whole.length * i) / 40))
  for (let left = 2; left < 12; left++) cuts.push(whole.length - left)
  for (const cut of cuts) {
    const home = temporaryFolder('home')
    const file = join(temporaryFolder(), 'script')
    writeFileSync(file, whole.slice(0, cut))
    const { output } = await run(`sh <${file}`, { home })
    assert.equal(everything(home), [], `${cut} of ${whole.length} bytes: ${output}`)
  }
})

test('ZAGI_INSTALL_DIR moves it, and a folder that rc files could misread is refused', async () => {
  const home = temporaryFolder('home')
  const dir = join(home, 'my programs')
  const { status, output } = await install({ home, env: { ZAGI_INSTALL_DIR: dir } })
  assert.is(status, 0, output)
  assert.ok(existsSync(join(dir, 'zagi')))
  const shown = await run(`bash -ic 'command -v zagi; echo $ZAGI_TEST_HOOK'`, { home })
  assert.ok(shown.output.includes(`${dir}/zagi\nbash`), shown.output)
  for (const bad of [`${home}/$(id)`, `${home}/a'b`, `${home}/a"b`, 'relative', `${home}/a\nb`]) {
    const refused = await install({ home, env: { ZAGI_INSTALL_DIR: bad } })
    assert.is(refused.status, 1, bad)
    assert.match(refused.output, /ZAGI_INSTALL_DIR/)
  }
})

test('an rc file that cannot be written is told about, and the rest is done', async () => {
  const home = temporaryFolder('home')
  mkdirSync(join(home, '.bashrc'))
  const { status, output } = await install({ home, path: onlyPrograms(['curl', 'bash', 'zsh']) })
  assert.is(status, 0, output)
  assert.match(output, /bash: ~\/\.bashrc could not be written; add this line yourself: if /)
  assert.ok(existsSync(join(home, '.zshrc')))
  assert.ok(existsSync(join(home, 'recorded-server')))
})

test('uninstalling gives back the rc files as they were and keeps the store', async () => {
  const home = temporaryFolder('home')
  const before = 'alias a=b\n\n# end\n\n'
  writeFileSync(join(home, 'dotfile'), before)
  symlinkSync('dotfile', join(home, '.bashrc'))
  mkdirSync(join(home, '.zagi/store'), { recursive: true })
  await install({ home })
  assert.is.not(readFileSync(join(home, 'dotfile'), 'utf8'), before)
  const { status, output } = await run(`curl -sf ${server.url}/uninstall | sh`, { home })
  assert.is(status, 0, output)
  assert.ok(lstatSync(join(home, '.bashrc')).isSymbolicLink())
  assert.is(readFileSync(join(home, 'dotfile'), 'utf8'), before)
  assert.not.ok(existsSync(join(home, '.local/bin/zagi')))
  assert.not.ok(existsSync(join(home, '.zshrc')))
  assert.ok(existsSync(join(home, '.zagi/store')))
  assert.match(output, /ZAGI_PURGE=1/)
  const again = await run(`curl -sf ${server.url}/uninstall | ZAGI_PURGE=1 sh`, { home })
  assert.is(again.status, 0, again.output)
  assert.not.ok(existsSync(join(home, '.zagi')))
})
