// Bad input and faults, with the packaged binary: one clear error with a hint, the documented status, nothing half-written.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ErrorCode, errorCodes } from '../../base/index.ts'
import { describeTree, expectSameTree } from '../helpers/describe-tree.ts'
import { type Machine, machine, type Result } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { type RunningServer, runningServer } from '../helpers/running-server.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { testCatalog } from '../helpers/test-catalog.ts'

const test = suite('end to end: bad input and faults', { seconds: 180 })
const program = [packagedBinary()]

let server: RunningServer
let account: Machine
let app: string

test.before(async () => {
  account = machine({ program })
  server = await runningServer({ program, admin: account, arguments: ['--catalog', testCatalog()] })
  account.ok(['server', server.url])
  app = join(account.home, 'app')
  account.ok(['init', 'app'])
  writeNodeProject(app)
  account.ok(['commit', '-m', 'one'], { cwd: app })
})

test.after(() => server.stop())

/** Checks that a result is the given failure, told well. */
function expectError(result: Result, code: ErrorCode, words: RegExp): void {
  const told = `${result.stdout}${result.stderr}`
  assert.is(result.status, errorCodes[code].exit, told)
  assert.match(result.stderr, /^Error: [A-Z"].*[^.]$/m, told)
  assert.match(result.stderr, /^Hint: /m, told)
  assert.match(result.stderr, words)
  assert.not.match(told, /\n\s+at |node:internal|undefined/, 'no stack trace')
}

test('an unknown tool or version names the nearest ones', () => {
  const token = { ZAGI_TOKEN: server.token }
  expectError(account.zagi(['add', 'nod@22'], { cwd: app, env: token }), 'TOOL_UNKNOWN', /node/)
  expectError(account.zagi(['add', 'node@21'], { cwd: app, env: token }), 'VERSION_UNKNOWN', /22\.9\.0/)
  expectError(account.zagi(['add', '../x'], { cwd: app, env: token }), 'BAD_NAME', /\.\.\/x/)
  assert.not(existsSync(join(app, '.zagi/lock/env.json')))
})

test('no server', () => {
  const env = { ZAGI_SERVER: 'http://127.0.0.1:9' }
  expectError(account.zagi(['clone', 'demo/x'], { env }), 'SERVER_UNREACHABLE', /127\.0\.0\.1:9/)
  expectError(account.zagi(['add', 'node'], { cwd: app, env }), 'SERVER_UNREACHABLE', /127\.0\.0\.1:9/)
})

test('a missing token, a wrong one, and one that may only read', () => {
  expectError(account.zagi(['push', 'demo/app'], { cwd: app }), 'AUTH_MISSING', /token/)
  const wrong = account.zagi(['push', 'demo/app'], { cwd: app, env: { ZAGI_TOKEN: 'zagi_w_wrong' } })
  expectError(wrong, 'AUTH_DENIED', /token/)
  assert.not.match(wrong.stderr, /zagi_w_wrong/)
  const reading = account.ok(['token', 'create', 'read', '--data', server.data]).trim()
  expectError(account.zagi(['push', 'demo/app'], { cwd: app, env: { ZAGI_TOKEN: reading } }), 'AUTH_DENIED', /token/)
  assert.not.match(server.log(), /zagi_[rw]_[A-Za-z0-9]/, 'tokens in the log')
})

test('a repository that is not there, and names that are none', () => {
  expectError(account.zagi(['clone', 'demo/none']), 'REPOSITORY_NOT_FOUND', /demo\/none/)
  for (const name of ['demo/..', '../demo', 'demo', 'demo/a b', 'demo/x.git/y', 'démo/x', 'demo/x;y']) {
    const result = account.zagi(['clone', name])
    assert.ok(result.status === 1 || result.status === 2, `${name}: ${result.status}`)
    assert.match(result.stderr, /^Hint: /m, name)
  }
})

test('a push that loses the race for a ref loses nothing', () => {
  const env = { ZAGI_TOKEN: server.token }
  account.ok(['push', 'demo/race'], { cwd: app, env })
  const other = machine({ program })
  other.ok(['clone', `${server.url}/demo/race`])
  const theirs = join(other.home, 'race')
  writeFiles(theirs, { 'theirs.txt': '1' })
  other.ok(['commit', '-m', 'theirs'], { cwd: theirs })
  other.ok(['push'], { cwd: theirs, env })
  writeFiles(app, { 'ours.txt': '1' })
  account.ok(['commit', '-m', 'ours'], { cwd: app })
  const lost = account.zagi(['push'], { cwd: app, env })
  assert.is(lost.status, 1)
  assert.match(lost.stderr, /zagi pull/)
  assert.match(account.run('git', ['-C', app, 'log', '--format=%s']).stdout, /^ours\n/)
})

test('a FIFO in the source and one in the dependencies', () => {
  const places: [string, string][] = [
    [app, 'pipe'],
    [join(app, 'node_modules/plain'), 'pipe'],
  ]
  for (const [folder, name] of places) {
    execFileSync('mkfifo', [join(folder, name)])
    writeFiles(app, { 'more.txt': folder })
    const before = account.run('git', ['-C', app, 'rev-parse', 'HEAD']).stdout
    expectError(account.zagi(['commit', '-m', 'x'], { cwd: app }), 'FILE_TYPE', /pipe/)
    assert.is(account.run('git', ['-C', app, 'rev-parse', 'HEAD']).stdout, before)
    rmSync(join(folder, name))
  }
})

test('a file name that is not UTF-8', () => {
  const name = Buffer.concat([Buffer.from(`${app}/src/`), Buffer.from([0x62, 0xff, 0x64])])
  writeFileSync(name, 'x')
  expectError(account.zagi(['commit', '-m', 'x'], { cwd: app }), 'NAME_NOT_UTF8', /src/)
  rmSync(name)
  const inside = Buffer.concat([Buffer.from(`${app}/node_modules/plain/`), Buffer.from([0xfe])])
  writeFileSync(inside, 'x')
  expectError(account.zagi(['commit', '-m', 'x'], { cwd: app }), 'NAME_NOT_UTF8', /node_modules\/plain/)
  rmSync(inside)
})

test('a project that is not trusted does not run', () => {
  account.ok(['trust', '--remove'], { cwd: app })
  expectError(account.zagi(['run', '--', 'true'], { cwd: app }), 'NOT_TRUSTED', /trust/)
  account.ok(['trust'], { cwd: app })
  account.ok(['run', '--', 'true'], { cwd: app })
})

test('a home too long to relocate into', () => {
  const long = join(temporaryFolder('long'), 'x'.repeat(60))
  mkdirSync(long)
  const env = { HOME: long, ZAGI_SERVER: server.url, ZAGI_TOKEN: server.token }
  account.ok(['init', 'app'], { cwd: long, env })
  const added = account.zagi(['add', 'redis@7'], { cwd: join(long, 'app'), env })
  // A short path stands in for it, or it is refused clearly.
  if (added.status !== 0) return expectError(added, 'HOME_TOO_LONG', /home/i)
  assert.match(account.ok(['run', '--', 'redis-server', '--version'], { cwd: join(long, 'app'), env }), /v=7/)
})

test('a command that is not there', () => {
  expectError(account.zagi(['run', '--', 'no-such-command'], { cwd: app }), 'COMMAND_NOT_FOUND', /no-such-command/)
})

test('a read-only folder and a full disk', () => {
  const user = process.getuid?.() === 0 ? ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'] : []
  const folder = temporaryFolder('ro')
  chmodSync(folder, 0o555)
  const words = [
    ...user,
    'env',
    '-i',
    'PATH=/usr/bin:/bin',
    'HOME=/tmp',
    `ZAGI_HOME=${folder}/z`,
    ...program,
    'init',
    `${folder}/app`,
  ]
  expectError(account.run(words[0]!, words.slice(1)), 'NOT_WRITABLE', new RegExp(folder))
  if (process.getuid?.() !== 0) return
  const small = temporaryFolder('small')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small])
  try {
    const full = machine({ program, env: { ZAGI_HOME: `${small}/zagi` } })
    full.ok(['init', 'app'])
    const project = join(full.home, 'app')
    writeNodeProject(project)
    // Noise does not compress.
    writeFileSync(join(project, 'node_modules/plain/noise'), randomBytes(9_000_000))
    expectError(full.zagi(['commit', '-m', 'x'], { cwd: project }), 'DISK_FULL', new RegExp(small))
    assert.is(full.run('git', ['-C', project, 'rev-parse', '--verify', '-q', 'HEAD']).stdout, '')
    rmSync(join(project, 'node_modules/plain/noise'))
    full.ok(['commit', '-m', 'x'], { cwd: project })
  } finally {
    execFileSync('umount', [small])
  }
})

test('a flipped byte in a pack at the remote', () => {
  const remote = temporaryFolder('remote')
  account.ok(['push', `file://${remote}/demo/flip`], { cwd: app })
  const packs = join(remote, 'packs')
  const pack = readdirSync(packs, { recursive: true }).find((name) => String(name).endsWith('.pack'))
  const path = join(packs, String(pack))
  const bytes = readFileSync(path)
  bytes[20] = bytes[20]! ^ 1
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
  const other = machine({ program })
  const result = other.zagi(['clone', `file://${remote}/demo/flip`])
  assert.is(result.status, 1)
  assert.match(result.stderr, /^Error: .*(pack|chunk)/im)
  assert.match(result.stderr, /^Hint: /m)
  assert.equal(
    readdirSync(other.home).filter((name) => name !== '.zagi'),
    [],
  )
})

test('a download that is cut is resumed', async () => {
  account.ok(['push', 'demo/cut'], { cwd: app, env: { ZAGI_TOKEN: server.token } })
  const cutter = await cuttingProxy(server.url)
  try {
    const url = `http://127.0.0.1:${(cutter.server.address() as AddressInfo).port}`
    // In a process of its own, because this one has to forward.
    const other = machine({ program })
    const cloned = await new Promise<Result>((resolve) => {
      import('node:child_process').then(({ execFile }) =>
        execFile(
          program[0]!,
          ['clone', `${url}/demo/cut`],
          { cwd: other.home, env: other.env },
          (error, stdout, stderr) =>
            resolve({
              status: typeof error?.code === 'number' ? error.code : error ? null : 0,
              signal: null,
              stdout,
              stderr,
            }),
        ),
      )
    })
    assert.is(cloned.status, 0, cloned.stderr)
    assert.ok(cutter.cuts() > 0, 'nothing was cut')
    // Folder times were changed by tests before this one, and equal content keeps the times of its commit.
    const dependencies = { times: false, skip: (path: string) => path === '.cache' }
    const there = describeTree(join(other.home, 'cut/node_modules'), dependencies)
    expectSameTree(there.slice(1), describeTree(join(app, 'node_modules'), dependencies).slice(1))
  } finally {
    cutter.server.close()
    cutter.server.closeAllConnections()
  }
})

/** Forwards to a server, and cuts each pack the first two times in the middle of its body. */
async function cuttingProxy(target: string): Promise<{ server: Server; cuts(): number }> {
  const seen = new Map<string, number>()
  const proxy = createServer(async (request, response) => {
    const body = await Array.fromAsync(request)
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !/^(host|connection)$/.test(name)),
    )
    const method = request.method ?? 'GET'
    const init = { method, headers: headers as Record<string, string> }
    const answer = await fetch(target + request.url, body.length > 0 ? { ...init, body: Buffer.concat(body) } : init)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const kept = Object.fromEntries(
      [...answer.headers].filter(([name]) => !/^(connection|content-encoding)$/.test(name)),
    )
    const times = seen.get(request.url ?? '') ?? 0
    if (method === 'GET' && request.url?.endsWith('.pack') && times < 2 && bytes.length > 100) {
      seen.set(request.url, times + 1)
      response.writeHead(answer.status, { ...kept, 'content-length': bytes.length })
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
      return
    }
    response.writeHead(answer.status, kept)
    response.end(method === 'HEAD' ? undefined : bytes)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { server: proxy, cuts: () => [...seen.values()].reduce((sum, n) => sum + n, 0) }
}

test('Ctrl-C in the middle leaves nothing half-written', async () => {
  const { spawn } = await import('node:child_process')
  const other = machine({ program })
  other.ok(['init', 'big'])
  const project = join(other.home, 'big')
  for (let n = 0; n < 3000; n++) writeFiles(project, { [`node_modules/p${n}/index.js`]: `${n} `.repeat(2000) })
  const child = spawn(program[0]!, ['commit', '-m', 'x'], { cwd: project, env: other.env, stdio: 'ignore' })
  await new Promise((resolve) => setTimeout(resolve, 150))
  child.kill('SIGINT')
  const status = await new Promise((resolve) => child.once('exit', resolve))
  if (status === 130) assert.is(other.run('git', ['-C', project, 'rev-parse', '--verify', '-q', 'HEAD']).stdout, '')
  else assert.is(status, 0, 'it was done before the signal came')
  other.zagi(['commit', '-m', 'x'], { cwd: project })
  assert.is(other.run('git', ['-C', project, 'status', '--porcelain']).stdout, '')
  assert.ok(statSync(join(project, '.zagi/lock/deps.linux-x64.json')).size > 0)
})
