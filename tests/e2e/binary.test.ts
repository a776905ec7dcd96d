import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { cliHome, jsonLines, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('packaged binary', { seconds: 180 })

let binary: string

test.before(() => {
  binary = packagedBinary()
})

function bare(words: string[], env: Record<string, string> = {}) {
  return spawnSync(binary, words, { env, cwd: '/', encoding: 'utf8' })
}

test('it runs with no environment at all', () => {
  const { status, stdout, stderr } = bare(['--version'])
  assert.match(stdout, /^zagi \d+\.\d+\.\d+ \([0-9a-f]{10}\+?\)\n$/)
  assert.is(stderr, '')
  assert.is(status, 0)
})

test('it knows its version, commit, system and Node', () => {
  const [about] = jsonLines(bare(['version', '--json'], { HOME: '/nonexistent' }).stdout)
  assert.match(String(about!['node']), /^24\./)
  assert.match(String(about!['system']), /^(linux|darwin)-(x64|arm64)$/)
})

test('what a user set for other Node programs does not reach it', () => {
  const home = temporaryFolder('home')
  const settings: Record<string, string>[] = [
    { NODE_OPTIONS: '--require=/nonexistent --no-such-option' },
    { NODE_OPTIONS: '--max-old-space-size=1' },
    { NODE_EXTRA_CA_CERTS: '/nonexistent', SSL_CERT_FILE: '/nonexistent' },
    { NODE_DEBUG: '*', NODE_PATH: '/nonexistent', NODE_PENDING_DEPRECATION: '1' },
    { NODE_REDIRECT_WARNINGS: '/nonexistent/file', NODE_ICU_DATA: '/nonexistent' },
    { LC_ALL: 'xx_YY', LANG: 'C', TZ: 'Nowhere/Town' },
  ]
  for (const env of settings) {
    const { status, stdout, stderr } = bare(['server'], { HOME: home, ...env })
    const told = `${JSON.stringify(env)}: ${stderr}`
    assert.is(status, 0, told)
    assert.is(stderr, '', told)
    assert.match(stdout, 'No default server')
  }
})

test('its addons and its worker load: chunks of many files', async () => {
  const folder = temporaryFolder('files')
  mkdirSync(join(folder, 'deep'))
  for (let at = 0; at < 600; at++) writeFileSync(join(folder, 'deep', `${at}.txt`), `${at % 500} `.repeat(3000))
  const { status, stdout, stderr } = await runCli(['chunk', folder, '--json'], { program: binary })
  assert.is(status, 0, stderr)
  const [counts] = jsonLines(stdout)
  assert.is(counts!['files'], 600)
  assert.is(counts!['distinctFiles'], 500)
  const addons = readdirSync(join(cliHome(), '.zagi/store/addon'))
  assert.ok(
    addons.some((name) => name.endsWith('-blake-hash.node')),
    addons.join(' '),
  )
})

test('a snapshot comes back', async () => {
  const folder = temporaryFolder('files')
  const content = 'some content\n'.repeat(100_000)
  writeFileSync(join(folder, 'file.txt'), content)
  const [snapshot] = jsonLines((await runCli(['snapshot', '--json'], { program: binary, cwd: folder })).stdout)
  const target = join(temporaryFolder('target'), 'new')
  const restored = await runCli(['restore', String(snapshot!['manifest']), target], { program: binary })
  assert.is(restored.status, 0, restored.stderr)
  assert.is(readFileSync(join(target, 'file.txt'), 'utf8'), content)
})

test('it works under another name, through a link, and from a folder that cannot be written', () => {
  const folder = temporaryFolder('elsewhere')
  const copy = join(folder, 'another name')
  copyFileSync(binary, copy)
  const { status, stdout } = spawnSync(copy, ['--version'], { env: {}, cwd: '/proc', encoding: 'utf8' })
  assert.is(status, 0)
  assert.match(stdout, /^zagi /)
})

test('the download is the program, and its checksum is right', () => {
  const packed = readFileSync(`${binary}.gz`)
  const [sum, name] = readFileSync(`${binary}.gz.sha256`, 'utf8').trim().split('  ')
  assert.is(sum, createHash('sha256').update(packed).digest('hex'))
  assert.is(name, basename(`${binary}.gz`))
  assert.ok(gunzipSync(packed).equals(readFileSync(binary)))
  assert.ok(statSync(binary).mode & 0o111)
})

test('uninstall takes away the program and the lines of the installer', async () => {
  const home = temporaryFolder('home')
  const program = join(home, '.local/bin/zagi')
  mkdirSync(dirname(program), { recursive: true })
  copyFileSync(binary, program)
  writeFileSync(join(home, '.bashrc'), 'alias a=b\neval "$(zagi hook bash)" # added by the zagi installer\nlast')
  const { status, stdout } = await runCli(['uninstall'], { program, env: { HOME: home } })
  assert.is(status, 0)
  assert.match(stdout, `Removed ${program}`)
  assert.is(readFileSync(join(home, '.bashrc'), 'utf8'), 'alias a=b\nlast')
  assert.is(statSync(program, { throwIfNoEntry: false }), undefined)
})
