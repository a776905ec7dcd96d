import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import { commandTable } from '../../cli/command-table.ts'
import { type CliResult, cliCommand, cliEnvironment, jsonLines, runCli } from '../helpers/run-cli.ts'
import { writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('cli: every command', { seconds: 180 })

interface Place {
  home: string
  app: string
  server: string
  json: boolean
}

/** Commands that ran, so that none is forgotten. */
const ran = new Set<string>()

function place(json: boolean): Place {
  const home = temporaryFolder('home')
  return { home, app: join(home, 'my app'), server: `file://${join(home, 'server')}`, json }
}

/** Runs one command line that must work; answers its objects, or its lines of text. */
async function works(where: Place, words: string[], options: { cwd?: string; input?: string } = {}) {
  const result = await call(where, words, options)
  const told = `zagi ${words.join(' ')}\n${result.stdout}${result.stderr}`
  assert.is(result.status, 0, told)
  for (const odd of ['undefined', 'NaN', '[object', 'Infinity', ' 1 files', ' 1 bytes']) {
    assert.not.match(result.stdout, odd, told)
  }
  assert.not.match(result.stderr, /^(Error|Hint)/m, told)
  if (where.json) assert.is(result.stderr, '', told)
  return { objects: where.json ? jsonLines(result.stdout) : [], text: result.stdout }
}

/** Runs one command line that must fail; answers the code, or the text of the error. */
async function fails(where: Place, words: string[], options: { cwd?: string; input?: string } = {}): Promise<string> {
  const { status, stdout, stderr } = await call(where, words, options)
  const told = `zagi ${words.join(' ')}\n${stdout}${stderr}`
  assert.ok(status !== null && status > 0 && status !== 70, told)
  assert.not.match(stderr, /^\s+at /m, told)
  if (!where.json) {
    assert.is(stdout, '', told)
    assert.match(stderr, /^Error: [A-Z"].*[^.]\nHint: .*\n$/, told)
    return stderr
  }
  assert.is(stderr, '', told)
  const objects = jsonLines(stdout)
  assert.is(objects.length, 1, told)
  const error = objects[0]!['error'] as { code: string; message: string; hint: string | null }
  assert.equal(Object.keys(error), ['code', 'message', 'hint'])
  return error.code
}

function call(where: Place, words: string[], options: { cwd?: string; input?: string }): Promise<CliResult> {
  ran.add(words[0]!)
  const at = words.indexOf('--')
  const json = where.json ? ['--json'] : []
  const line = at < 0 ? [...words, ...json] : [...words.slice(0, at), ...json, ...words.slice(at)]
  return runCli(line, { cwd: where.app, env: { HOME: where.home }, ...options })
}

async function story(where: Place): Promise<void> {
  const { home, app, server, json } = where
  const inHome = { cwd: home }
  await works(where, ['version'], inHome)
  await works(where, ['help'], inHome)
  await works(where, ['hook', 'bash'], inHome)
  await works(where, ['init', 'my app'], inHome)
  writeNodeProject(app)
  await works(where, ['status'])
  const committed = await works(where, ['commit', '-m', 'First\n\nWith a body'])
  if (json) assert.is(committed.objects[0]!['message'], 'First\n\nWith a body')
  else assert.match(committed.text, /^Recorded [k-z]{4} on main: First\n/)
  const quiet = await works(where, ['status'])
  if (!json) assert.match(quiet.text, /\nNothing changed\n$/)
  writeFileSync(join(app, 'index.js'), 'changed\n')
  mkdirSync(join(app, 'node_modules/added'))
  writeFileSync(join(app, 'node_modules/added/package.json'), '{ "name": "added", "version": "1.0.0" }')
  const status = await works(where, ['status'])
  if (json) assert.equal(status.objects[0]!['files'], [{ path: 'index.js', change: 'changed' }])
  else
    assert.match(
      status.text,
      /\nSource\n {2}changed {2}index\.js\n[\s\S]*\nDependencies\n {2}node_modules {2}\d+ paths? added/,
    )
  await works(where, ['commit', '--message', 'Second'])
  const log = await works(where, ['log'])
  if (json) {
    assert.equal(
      log.objects.map((one) => one['message']),
      ['Second', 'First\n\nWith a body'],
    )
  } else assert.match(log.text, /^@ {2}[k-z]{4} {2}tester: Second .*\no {2}[k-z]{4} {2}tester: First .*\n$/)
  assert.is((await works(where, ['log', '-n', '1'])).text.trim().split('\n').length, 1)
  await works(where, ['server'])
  await works(where, ['server', server])
  await works(where, ['login', 'http://127.0.0.1:9'], { input: 'zagi_w_x\n' })
  await works(where, ['login', 'http://127.0.0.1:9'])
  await works(where, ['remote'])
  await works(where, ['remote', 'add', 'other', `${server}/demo/other`])
  await works(where, ['remote', 'list'])
  await works(where, ['remote', 'remove', 'other'])
  await works(where, ['push', 'demo/app'])
  await works(where, ['push'])
  await works(where, ['clone', 'demo/app', 'copy'], inHome)
  const copy = { cwd: join(home, 'copy') }
  await works(where, ['pull'], copy)
  writeFileSync(join(app, 'third.txt'), 'third\n')
  await works(where, ['commit', '-m', 'Third'])
  await works(where, ['push'])
  await works(where, ['pull'], copy)
  await works(where, ['tools'])
  await works(where, ['env'])
  await works(where, ['trust', '--remove'])
  await fails(where, ['env'])
  await works(where, ['trust'])
  assert.is((await call(where, ['run', '--', 'sh', '-c', 'echo out; exit 7'], {})).status, 7)
  await works(where, ['snapshot', 'node_modules'])
  const snapshot = await call({ ...where, json: true }, ['snapshot'], {})
  const manifest = String(jsonLines(snapshot.stdout)[0]!['manifest'])
  writeFileSync(join(app, 'index.js'), 'changed again\n')
  await works(where, ['restore', manifest, '.'])
  await works(where, ['chunk', 'node_modules'])
  const again = await works(where, ['chunk', 'node_modules'])
  if (json) assert.is(again.objects[0]!['newChunks'], 0)
  else assert.match(again.text, /\nNew chunks: 0, 0 bytes \(100\.0 % reused\)\n$/)
  await works(where, ['store', 'info'])
}

async function mistakes(where: Place): Promise<void> {
  const { home, json } = where
  const outside = { cwd: home }
  const is = async (code: string, words: string[], options = {}) => {
    const got = await fails(where, words, options)
    if (json) assert.is(got, code, words.join(' '))
  }
  const inProjects = [
    ['status'],
    ['commit', '-m', 'x'],
    ['log'],
    ['push'],
    ['pull'],
    ['remote', 'list'],
    ['remote', 'add', 'a', 'file:///x/a/b'],
    ['remote', 'remove', 'a'],
    ['add', 'node'],
    ['remove', 'node'],
    ['tools'],
    ['run', '--', 'true'],
    ['env'],
    ['trust'],
  ]
  for (const words of inProjects) await is('NOT_A_PROJECT', words, outside)
  await is('NO_REMOTE', ['clone', 'demo/app'], outside)
  await is('BAD_NAME', ['clone', '../x'], outside)
  await is('REPOSITORY_NOT_FOUND', ['clone', `file://${home}/nothing/demo/app`], outside)
  await is('SERVER_UNREACHABLE', ['clone', 'http://127.0.0.1:9/demo/app'], outside)
  await is('NO_REMOTE', ['search', 'node'], outside)
  await is('USAGE', ['server', 'nonsense'], outside)
  await is('USAGE', ['login', 'nonsense'], outside)
  await is('USAGE', ['login', 'http://127.0.0.1:9'], { ...outside, input: 'two words' })
  await is('FILE_NOT_FOUND', ['chunk', 'nothing'], outside)
  await is('FILE_NOT_FOUND', ['snapshot', 'nothing'], outside)
  await is('FILE_NOT_FOUND', ['restore', 'nothing', '.'], outside)
  await is('USAGE', ['hook', 'tcsh'], outside)
  await is('USAGE', ['serve'], outside)
  await is('USAGE', ['serve', '--data', 'x', '--listen', 'nonsense'], outside)
  await is('USAGE', ['token', 'create'], outside)
  await is('USAGE', ['token', 'create', 'admin', '--data', 'x'], outside)
  await is('USAGE', ['token', 'revoke', '12345678', '--data', 'x'], outside)
  await is('USAGE', ['uninstall'], outside)
  await is('USAGE', ['help', 'nothing'], outside)
  await works(where, ['init', 'my app'], outside)
  await is('ALREADY_A_PROJECT', ['init'])
  await is('NO_COMMITS', ['push', `file://${home}/server/demo/app`])
  await is('USAGE', ['commit'])
  await is('USAGE', ['commit', '-m', ' '])
  await is('USAGE', ['log', '-n', '0'])
  await is('NO_REMOTE', ['pull'])
  await is('NO_REMOTE', ['remote', 'remove', 'origin'])
  await is('BAD_NAME', ['remote', 'add', '..', `file://${home}/a/b`])
  await is('TOOL_NOT_ADDED', ['remove', 'node'])
  await is('NO_REMOTE', ['add', 'node'])
  await is('USAGE', ['run'])
  await is('COMMAND_NOT_FOUND', ['run', '--', 'no-such-command'])
  await is('USAGE', ['env', '--github'])
  await is('USAGE', ['env', '--github', '--sh'])
}

test('each works, for people', () => story(place(false)))
test('each works, as JSON', () => story(place(true)))
test('each mistake is one error, for people', () => mistakes(place(false)))
test('each mistake is one error, as JSON', () => mistakes(place(true)))

test('tokens, and a server that stops when it is asked to', async () => {
  for (const json of [false, true]) {
    const where = place(json)
    const outside = { cwd: where.home }
    const data = join(where.home, 'data')
    const made = await runCli(['token', 'create', '--data', data, '--json'], { env: { HOME: where.home } })
    const { id, token } = jsonLines(made.stdout)[0] as { id: string; token: string }
    assert.match(token, /^zagi_w_/)
    const listed = await works(where, ['token', 'list', '--data', data], outside)
    assert.ok(listed.text.includes(id) && !listed.text.includes(token))
    const [program, leading] = cliCommand()
    const words = [...leading, 'serve', '--data', data, '--listen', '127.0.0.1:0', ...(json ? ['--json'] : [])]
    const child = spawn(program, words, {
      env: cliEnvironment({ HOME: where.home }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const first = String((await lines.next()).value)
    const url = json ? String(JSON.parse(first).url) : / at (http\S+)$/.exec(first)![1]!
    assert.is((await fetch(`${url}/health`)).status, 200)
    const status = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))
    child.kill('SIGINT')
    assert.is(await status, 0)
    await works(where, ['token', 'revoke', id, '--data', data], outside)
  }
  ran.add('serve')
})

test('none was forgotten', () => {
  // These take a server with tools, or the packaged binary: tests/e2e runs them.
  const elsewhere = ['search', 'add', 'uninstall']
  const forgotten = commandTable.filter(({ name }) => !ran.has(name) && !elsewhere.includes(name))
  assert.equal(forgotten, [])
})
