import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { inTerminal } from '../helpers/in-terminal.ts'
import { cliCommand, cliEnvironment, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: output')

const [program, leading] = cliCommand()
const zagi = [program, ...leading].map((word) => `'${word}'`).join(' ')

function shell(line: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('bash', ['-c', line], { env: cliEnvironment(), encoding: 'utf8' })
}

test('colours on a terminal only', async () => {
  assert.match(await inTerminal(`${zagi} help`, { env: cliEnvironment() }), '\x1b[1mStart\x1b[22m')
  assert.not.match((await runCli(['help'])).stdout, '\x1b')
})

test('no colours with NO_COLOR, unless it is empty, nor on a dumb terminal', async () => {
  assert.not.match(await inTerminal(`${zagi} help`, { env: cliEnvironment({ NO_COLOR: '1' }) }), '\x1b')
  assert.match(await inTerminal(`${zagi} help`, { env: cliEnvironment({ NO_COLOR: '' }) }), '\x1b[1m')
  assert.not.match(await inTerminal(`${zagi} help`, { env: cliEnvironment({ TERM: 'dumb' }) }), '\x1b')
  assert.match(await inTerminal(`${zagi} wrong`, { env: cliEnvironment() }), '\x1b[31m')
  assert.not.match(await inTerminal(`${zagi} wrong`, { env: cliEnvironment({ NO_COLOR: '1' }) }), '\x1b')
})

test('a reader that goes away is no failure', () => {
  for (const words of ['help', '--version', 'help --json', 'hook bash']) {
    const { stdout, stderr } = shell(`(${zagi} ${words}; echo "status $?" >&2) | true`)
    assert.is(stdout, '')
    assert.is(stderr, 'status 0\n', words)
  }
})

test('a closed stdout or stderr is no failure', () => {
  assert.is(shell(`${zagi} help >&-`).status, 0)
  assert.is(shell(`${zagi} help 2>&-`).status, 0)
  assert.is(shell(`${zagi} wrong 2>&-`).status, 2)
  assert.is(shell(`${zagi} wrong 2>&1 | true; exit \${PIPESTATUS[0]}`).status, 2)
})

test('a full disk behind stdout is a failure', () => {
  const { status, stderr } = shell(`${zagi} help >/dev/full`)
  assert.is(status, 1)
  assert.match(stderr, /^Error: Could not write the output: .*\n$/)
})

const drawing = (milliseconds: number) => `
  import { openTerminal } from '${new URL('../../cli/terminal.ts', import.meta.url)}'
  const terminal = openTerminal({ json: process.argv.includes('--json'), color: true })
  const end = Date.now() + ${milliseconds}
  while (Date.now() < end) terminal.onProgress({ phase: 'Working', done: 1, total: 4, unit: 'files' })
  terminal.line('Result')
`

test('progress shows on a terminal, after a second, and is gone before the result', async () => {
  const line = (milliseconds: number, more = '') =>
    `'${program}' --input-type=module-typescript -e '${drawing(milliseconds).replaceAll("'", '"')}' ${more}`
  const env = cliEnvironment()
  const long = await inTerminal(line(1300), { env })
  assert.match(long, /\rWorking {2}\[=====>/)
  assert.ok(long.endsWith('\r\x1b[KResult\r\n'), JSON.stringify(long.slice(-40)))
  assert.is(await inTerminal(line(300), { env }), 'Result\r\n')
  assert.is(await inTerminal(line(1300, '-- --json'), { env }), '')
  assert.is(shell(`${line(1300)} 2>&1`).stdout, 'Result\n')
})
