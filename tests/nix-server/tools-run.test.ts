import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError, type LongOperation, type Progress, ZagiError } from '../../base/index.ts'
import { NixProgress } from '../../nix-server/tools/nix-progress.ts'
import { type NixRun, runNix } from '../../nix-server/tools/run-nix.ts'
import { SharedWork } from '../../nix-server/tools/shared-work.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('nix-server: running Nix')

const hash = '0123456789abcdfghijklmnpqrsvwxyz'
const folder = temporaryFolder('run')

/** Runs a shell script in the place of Nix: what is tested here is the handling of a process. */
function runScript(
  script: string,
  run: Partial<NixRun> = {},
  environment: Record<string, string> = {},
): Promise<string> {
  const program = join(folder, 'nix')
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  return runNix(
    { program, environment: { PATH: '/usr/bin:/bin', ...environment } },
    { args: [], limitMs: 60_000, ...run },
  )
}

async function errorOf(promise: Promise<unknown>, code: ErrorCode): Promise<ZagiError> {
  const error = await promise.catch((error) => error)
  assert.ok(isZagiError(error, code), String(error))
  return error
}

test('Nix gets its arguments as they are and few variables', async () => {
  const args = ['a b', '$(touch x)', '"; exit 1', '--flag']
  const environment = {
    HOME: '/h',
    SECRET_TOKEN: 's',
    NIX_CONFIG: 'cores = 1',
    NODE_OPTIONS: '--x',
    https_proxy: 'p',
    NIX_PATH: 'q',
  }
  const output = await runScript('for a in "$@"; do echo "<$a>"; done; env', { args }, environment)
  assert.match(output, /<a b>\n<\$\(touch x\)>\n<"; exit 1>\n<--flag>/)
  const names = [...output.matchAll(/^([A-Za-z_]+)=/gm)].map((match) => match[1]!)
  for (const name of ['HOME', 'NIX_CONFIG', 'https_proxy', 'LC_ALL', 'PATH']) assert.ok(names.includes(name), name)
  for (const name of ['SECRET_TOKEN', 'NODE_OPTIONS', 'NIX_PATH']) assert.not(names.includes(name), name)
})

test('a failure carries the last lines of what was said, without colours', async () => {
  const script = 'for i in $(seq 1 50); do printf "\\033[31;1mline %s\\033[0m\\007\\n" $i >&2; done; exit 7'
  const error = await errorOf(runScript(script), 'TOOL_FAILED')
  assert.match(error.message, /^nix ended with status 7:\nline 31\n/)
  assert.match(error.message, /line 50$/)
  assert.not.match(error.message, /[\x00-\x09\x0b-\x1f]/)
})

test('a program that is too slow, too loud or not there is told as such', async () => {
  const mark = join(folder, 'survived')
  // It does not listen to SIGTERM: so it is killed.
  const deaf = errorOf(runScript(`trap '' TERM; sleep 8; touch ${mark}`, { limitMs: 300 }), 'TOOL_FAILED')
  assert.match((await deaf).message, /took longer than/)
  assert.not(existsSync(mark))
  assert.match((await errorOf(runScript('yes'), 'TOOL_FAILED')).message, /wrote more than/)
  const missing = runNix({ program: '/nowhere/nix', environment: {} }, { args: [], limitMs: 1000 })
  assert.match((await errorOf(missing, 'MISSING_PROGRAM')).message, /not installed/)
  const notProgram = runNix({ program: folder, environment: {} }, { args: [], limitMs: 1000 })
  await errorOf(notProgram, 'MISSING_PROGRAM')
})

test('a signal stops it', async () => {
  const stop = new AbortController()
  const stopped = errorOf(runScript('exec sleep 60', { signal: stop.signal }), 'INTERRUPTED')
  setTimeout(() => stop.abort(), 200)
  await stopped
  await errorOf(runScript('true', { signal: stop.signal }), 'INTERRUPTED')
})

test('an endless line is not kept', async () => {
  const lines: string[] = []
  await runScript('head -c 5000000 /dev/zero | tr "\\0" x >&2; echo >&2; echo end >&2', {
    onLine: (line) => lines.push(line),
  })
  assert.is(lines.at(-1), 'end')
  assert.ok(lines.every((line) => line.length < 200_000))
})

test("Nix's own log becomes plain words", () => {
  const seen: Progress[] = []
  const progress = new NixProgress((report) => seen.push(report))
  const say = (event: object) => progress.line(`@nix ${JSON.stringify(event)}`)
  say({ action: 'start', id: 1, type: 104, level: 0, text: '' })
  say({ action: 'result', id: 1, type: 105, fields: [0, 3, 0, 0] })
  say({
    action: 'start',
    id: 2,
    type: 105,
    text: 'building …',
    fields: [`/nix/store/${hash}-nodejs-22.9.0.drv`, '', 1, 1],
  })
  say({ action: 'start', id: 3, type: 108, text: '', fields: [`/nix/store/${hash}-glibc-2.36`, 'https://cache'] })
  say({ action: 'result', id: 2, type: 101, fields: ['\x1b[1mcompiling\x1b[0m'] })
  say({ action: 'stop', id: 3 })
  say({ action: 'result', id: 1, type: 105, fields: [1, 3, 1, 0] })
  say({ action: 'msg', level: 0, msg: 'error: first\nsecond' })
  say({ action: 'msg', level: 6, msg: 'chatter' })
  assert.equal(
    seen.map(({ phase, done, total }) => `${phase} ${done}/${total}`),
    [
      'Preparing 0/3',
      'Building nodejs-22.9.0 0/3',
      'Fetching glibc-2.36 0/3',
      'Building nodejs-22.9.0 0/3',
      'Building nodejs-22.9.0 1/3',
    ],
  )
  assert.equal(progress.log, ['compiling', 'error: first', 'second'])
})

test('whatever a log holds, it is taken', () => {
  const { seed, below, pick, bytes } = random()
  const odd = ['@nix ', '@nix {', '@nix null', '@nix []', '@nix 1', '', 'x'.repeat(1000)]
  const values = [
    -1,
    0,
    1,
    104,
    105,
    108,
    1e300,
    null,
    'text',
    [],
    {},
    [null],
    ['/nix/store/x'],
    [`/nix/store/${hash}-a`],
  ]
  const progress = new NixProgress((report) => {
    const bounded = report.done >= 0 && report.total >= report.done && report.phase.length < 400
    assert.ok(bounded, `seed ${seed}: ${JSON.stringify(report)}`)
  })
  for (let round = 0; round < 5000; round++) {
    const event = {
      action: pick(['start', 'stop', 'result', 'msg', 7]),
      id: pick(values),
      type: pick(values),
      fields: pick(values),
      level: pick(values),
      msg: pick(values),
    }
    progress.line(below(2) === 0 ? `@nix ${JSON.stringify(event)}` : pick([...odd, bytes(20).toString('latin1')]))
  }
  assert.ok(progress.log.length <= 20 && progress.log.every((line) => line.length <= 300), `seed ${seed}`)
})

test('work for one key runs once, and everyone hears of it', async () => {
  const shared = new SharedWork<number>()
  let runs = 0
  const work = async ({ onProgress }: LongOperation) => {
    runs++
    onProgress?.({ phase: 'a', done: 1, total: 2, unit: 'steps' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    onProgress?.({ phase: 'b', done: 2, total: 2, unit: 'steps' })
    return runs
  }
  const heard: string[][] = [[], [], []]
  const all = heard.map((list) => shared.run('k', work, { onProgress: ({ phase }) => list.push(phase) }))
  const other = shared.run('other', work, {})
  assert.equal(await Promise.all(all), [2, 2, 2])
  await other
  assert.is(runs, 2)
  // Who came later is told the last thing first.
  assert.equal(
    heard,
    [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ].map((list, at) => (at === 0 ? heard[0]! : list)),
  )
  assert.is(await shared.run('k', work, {}), 3)
})

test('work is stopped once nobody waits, and a failure reaches everyone', async () => {
  const shared = new SharedWork<void>()
  let stopped = false
  const endless = ({ signal }: LongOperation) =>
    new Promise<void>((_, reject) =>
      signal!.addEventListener('abort', () => {
        stopped = true
        reject(new ZagiError('INTERRUPTED', 'Stopped'))
      }),
    )
  const [a, b] = [new AbortController(), new AbortController()]
  const first = errorOf(shared.run('k', endless, { signal: a.signal }), 'INTERRUPTED')
  const second = errorOf(shared.run('k', endless, { signal: b.signal }), 'INTERRUPTED')
  a.abort()
  await first
  assert.not(stopped)
  b.abort()
  await second
  assert.ok(stopped)

  const failing = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    throw new ZagiError('TOOL_FAILED', 'no')
  }
  await Promise.all([1, 2].map(() => errorOf(shared.run('k', failing, {}), 'TOOL_FAILED')))
})
