import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import { jsonLines, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: Ctrl-C')

const url = new URL('../../cli/interrupt.ts', import.meta.url)

/** A process that handles signals as the program does, and never stops by itself. */
function start(
  code: string,
): Promise<{ kill(signal: NodeJS.Signals): void; next(): Promise<string>; status: Promise<unknown> }> {
  const script = `import { interruptSignal } from '${url}'
    const signal = interruptSignal()
    signal.addEventListener('abort', () => console.log('aborted'))
    setInterval(() => {}, 1000)
    ${code}
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const status = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))
  const next = async () => String((await lines.next()).value)
  return next().then(() => ({ kill: (signal) => child.kill(signal), next, status }))
}

test('the first asks to stop, the second ends at once with 130', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const child = await start('')
    child.kill(signal)
    assert.is(await child.next(), 'aborted')
    child.kill(signal)
    assert.is(await child.status, 130)
  }
})

test('while somebody else listens, the second is theirs', async () => {
  const child = await start(`process.on('SIGINT', () => console.log('theirs'))`)
  child.kill('SIGINT')
  assert.is(await child.next(), 'aborted')
  assert.is(await child.next(), 'theirs')
  child.kill('SIGINT')
  assert.is(await child.next(), 'theirs')
  child.kill('SIGTERM')
  assert.is(await child.status, 130)
})

test('a command that waits for input stops with 130 and says so', async () => {
  for (const json of [false, true]) {
    const words = ['login', 'http://127.0.0.1:9', ...(json ? ['--json'] : [])]
    const { status, stdout, stderr } = await runWaiting(words)
    assert.is(status, 130, stderr)
    assert.is(stderr, json ? '' : 'Stopped\n')
    if (json) assert.equal(jsonLines(stdout)[0], { error: { code: 'INTERRUPTED', message: 'Stopped', hint: null } })
  }
})

/** Standard input stays open; SIGINT comes once the process has had time to wait for it. */
function runWaiting(words: string[]): ReturnType<typeof runCli> {
  return runCli(words, {
    keepInputOpen: true,
    started: (child) => {
      setTimeout(() => child.kill('SIGINT'), 1500)
    },
  })
}
