import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { inTerminal } from '../helpers/in-terminal.ts'
import { cliCommand, cliEnvironment, jsonLines, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('cli: surroundings', { seconds: 120 })

const [program, leading] = cliCommand()
const zagi = [program, ...leading].map((word) => `'${word}'`).join(' ')

function shell(line: string, env: Record<string, string | undefined> = {}) {
  return spawnSync('sh', ['-c', line], { env: cliEnvironment(env), encoding: 'utf8' })
}

/** A project, and the environment that has its home. */
function project(): { app: string; env: Record<string, string> } {
  const home = temporaryFolder('home')
  const env = cliEnvironment({ HOME: home })
  const made = spawnSync(program, [...leading, 'init', 'app'], { cwd: home, env, encoding: 'utf8' })
  assert.is(made.status, 0, made.stderr)
  writeFileSync(join(home, 'app/file.txt'), 'content\n')
  return { app: join(home, 'app'), env }
}

test('without HOME the account says where home is', async () => {
  const { status, stderr } = await runCli(['server'], { env: { HOME: undefined, ZAGI_HOME: temporaryFolder() } })
  assert.is(status, 0, stderr)
})

test('homes that are no absolute paths are refused', async () => {
  for (const env of [{ HOME: 'relative' }, { ZAGI_HOME: './here' }]) {
    const { status, stderr } = await runCli(['server'], { env })
    assert.is(status, 2)
    assert.match(stderr, /^Error: (ZAGI_)?HOME is ".*", which is not an absolute path\nHint: /)
  }
})

test('ZAGI_HOME moves everything', async () => {
  const home = temporaryFolder('home')
  const elsewhere = join(temporaryFolder('elsewhere'), 'new')
  const env = { HOME: home, ZAGI_HOME: elsewhere }
  assert.is((await runCli(['server', 'http://127.0.0.1:9'], { env })).status, 0)
  assert.match(readFileSync(join(elsewhere, 'config.json'), 'utf8'), '127.0.0.1:9')
  assert.is(statSync(join(home, '.zagi'), { throwIfNoEntry: false }), undefined)
})

test('ZAGI_SERVER goes before the stored server', async () => {
  const env = { HOME: temporaryFolder('home'), ZAGI_SERVER: 'http://127.0.0.1:8' }
  const set = await runCli(['server', 'http://127.0.0.1:9'], { env })
  assert.match(set.stderr, 'ZAGI_SERVER is set')
  assert.is((await runCli(['server'], { env })).stdout, 'http://127.0.0.1:8\n')
})

test('a folder that was removed is said to be gone', () => {
  const { status, stderr } = shell(
    `cd '${temporaryFolder()}' && mkdir gone && cd gone && rmdir ../gone && exec ${zagi} status`,
  )
  assert.is(status, 1)
  assert.match(stderr, 'The current folder no longer exists')
})

test('closed standard input does no harm', () => {
  assert.is(shell(`${zagi} server <&-`).status, 0)
})

test('tokens are kept for this user only', async () => {
  const home = temporaryFolder('home')
  await runCli(['login', 'http://127.0.0.1:9'], { env: { HOME: home }, input: 'zagi_w_secret\n' })
  const file = join(home, '.zagi/config.json')
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.match(readFileSync(file, 'utf8'), 'zagi_w_secret')
  await runCli(['login', 'http://127.0.0.1:9'], { env: { HOME: home } })
  assert.not.match(readFileSync(file, 'utf8'), 'zagi_w_secret')
})

test('a token typed at a terminal is not shown', async () => {
  const env = cliEnvironment({ HOME: temporaryFolder('home') })
  const keys = [{ after: 'Token for', type: 'zagi_w_typx\x7fed\r' }]
  const shown = await inTerminal(`${zagi} login http://127.0.0.1:9`, { env, keys })
  assert.not.match(shown, 'zagi_w_')
  assert.match(shown, 'Token for http://127.0.0.1:9: ')
  assert.match(shown, 'Kept the token')
  assert.match(readFileSync(join(env['HOME']!, '.zagi/config.json'), 'utf8'), '"zagi_w_typed"')
})

test('Ctrl-C at the question for a token stops with 130', async () => {
  const env = cliEnvironment({ HOME: temporaryFolder('home') })
  const keys = [{ after: 'Token for', type: '\x03' }]
  const shown = await inTerminal(`${zagi} login http://127.0.0.1:9; echo "status $?"`, { env, keys })
  assert.match(shown, 'Stopped\r\nstatus 130')
})

test('without -m the editor is asked, on a terminal', async () => {
  const { app, env } = project()
  const editor = join(env['HOME']!, 'my editor')
  writeFileSync(
    editor,
    '#!/bin/sh\n{ echo "From the editor"; echo "# left out"; cat "$1"; } >"$1.new"; mv "$1.new" "$1"\n',
  )
  chmodSync(editor, 0o755)
  const shown = await inTerminal(`${zagi} commit`, { env: { ...env, EDITOR: `'${editor}'` }, cwd: app })
  assert.match(shown, /Recorded .* on main: From the editor\r\n/)
  writeFileSync(join(app, 'file.txt'), 'more\n')
  const empty = await inTerminal(`${zagi} commit; echo "status $?"`, { env: { ...env, EDITOR: 'true' }, cwd: app })
  assert.match(empty, /The message is empty[\s\S]*status 2/)
  const failing = await inTerminal(`${zagi} commit; echo "status $?"`, { env: { ...env, EDITOR: 'false' }, cwd: app })
  assert.match(failing, /The editor "false" failed[\s\S]*status 1/)
  assert.match(await inTerminal(`${zagi} commit`, { env, cwd: app }), 'EDITOR names no editor')
})

test('run hands on input, output, words, signals and status', () => {
  const { app, env } = project()
  const run = (words: string, input = '') =>
    spawnSync('sh', ['-c', `${zagi} run ${words}`], { cwd: app, env, input, encoding: 'utf8' })
  assert.is(run('-- cat', 'through').stdout, 'through')
  assert.is(run(`-- printf '%s|' --json --help -- '' 'a b'`).stdout, '--json|--help|--||a b|')
  assert.is(run('printf %s --json').stdout, '--json')
  assert.is(run('-- sh -c "exit 9"').status, 9)
  assert.is(run(`-- sh -c 'kill -TERM $$'`).status, 143)
  const missing = run('-- no-such-command')
  assert.is(missing.status, 127)
  assert.match(missing.stderr, '"no-such-command"')
})

test('run leaves Ctrl-C to the command, also the second one', async () => {
  const { app, env } = project()
  const script = join(app, 'counts.sh')
  writeFileSync(
    script,
    `trap 'n=$((n+1)); echo "caught $n"; [ $n -lt 2 ] || exit 4' INT\necho ready\nwhile :; do sleep 0.1; done\n`,
  )
  const keys = [
    { after: 'ready', type: '\x03' },
    { after: 'caught 1', type: '\x03' },
  ]
  const shown = await inTerminal(`trap : INT; ${zagi} run -- sh '${script}'; echo "status $?"`, { env, cwd: app, keys })
  assert.match(shown, /ready[\s\S]*caught 1[\s\S]*caught 2[\s\S]*status 4/)
})

test('env --github appends to the files of the workflow', async () => {
  const { app, env } = project()
  mkdirSync(join(app, 'job'))
  const files = { GITHUB_PATH: join(app, 'job/path'), GITHUB_ENV: join(app, 'job/env') }
  const { status, stderr } = await runCli(['env', '--github'], { cwd: app, env: { ...env, ...files } })
  assert.is(status, 0, stderr)
})

test('an armed crash point kills the process, and the same command works afterwards', async () => {
  const { app, env } = project()
  const killed = await runCli(['commit', '-m', 'x'], { cwd: app, env: { ...env, ZAGI_CRASH_AT: 'operation:written' } })
  assert.is(killed.signal, 'SIGKILL')
  const again = await runCli(['commit', '-m', 'x', '--json'], { cwd: app, env })
  assert.is(again.status, 0, again.stderr)
  assert.is(jsonLines(again.stdout)[0]!['message'], 'x')
})
