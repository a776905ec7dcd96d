// kill -9 at every named point of commit, push, clone and add, with the packaged binary: the same command again ends in the
// same state as without the kill.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type CrashPoint, crashPoints } from '../../base/index.ts'
import { describeTree } from '../helpers/describe-tree.ts'
import { type Machine, machine, type Result } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { type RunningServer, runningServer } from '../helpers/running-server.ts'
import { writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { testCatalog } from '../helpers/test-catalog.ts'

const test = suite('end to end: kill -9 and again', { seconds: 600 })
const program = [packagedBinary()]
const reached = new Set<CrashPoint>()

interface Scene {
  account: Machine
  remote: string
}

/** Runs `command` in a fresh copy of the scene for every crash point; answers how the scene looks after the second try. */
function killEverywhere(options: {
  scene(): Scene
  command(scene: Scene): Result
  crash(scene: Scene, point: string): Result
  look(scene: Scene): unknown
  /** True where the second try may find the work done. */
  doneBefore(result: Result): boolean
}): void {
  const { scene, command, crash, look, doneBefore } = options
  const expected = scene()
  const first = command(expected)
  assert.is(first.status, 0, first.stderr)
  const wanted = look(expected)
  for (const point of crashPoints) {
    for (const nth of [1, 2]) {
      const place = scene()
      const killed = crash(place, `${point}#${nth}`)
      if (killed.signal !== 'SIGKILL') break
      reached.add(point)
      const again = command(place)
      const fine = again.status === 0 || doneBefore(again)
      assert.ok(fine, `after a kill at ${point}#${nth}: ${again.status}\n${again.stdout}${again.stderr}`)
      assert.equal(look(place), wanted, `after a kill at ${point}#${nth}`)
    }
  }
}

/** An account as it was, at the same path of its own. */
function copyOf(original: Scene): Scene {
  const account = machine({ program })
  rmSync(account.home, { recursive: true })
  // Times of links and nanoseconds count: Node's own copying loses them.
  execFileSync('cp', ['-a', original.account.home, account.home])
  const remote = join(temporaryFolder('remote'), 'r')
  if (existsSync(original.remote)) cpSync(original.remote, remote, { recursive: true })
  return { account, remote }
}

function written(): Scene {
  const account = machine({ program })
  account.ok(['init', 'app'])
  writeNodeProject(join(account.home, 'app'))
  return { account, remote: join(temporaryFolder('remote'), 'r') }
}

function committed(): Scene {
  const scene = written()
  scene.account.ok(['commit', '-m', 'one'], { cwd: join(scene.account.home, 'app') })
  return scene
}

const inApp = (scene: Scene, args: string[], point?: string): Result =>
  scene.account.zagi(args, {
    cwd: join(scene.account.home, 'app'),
    ...(point === undefined ? {} : { env: { ZAGI_CRASH_AT: point } }),
  })

const content = (folder: string) =>
  describeTree(folder, {
    times: false,
    skip: (path) => path === '.git' || /^\.zagi\/(state|env|snapshots)$/.test(path),
  })

/** Everything that a user sees of a project, but commit ids: they carry the time of day. */
function lookAt(account: Machine, folder: string): unknown {
  const git = (...args: string[]) => {
    const result = account.run('git', ['-C', folder, ...args])
    assert.is(result.status, 0, `git ${args.join(' ')}\n${result.stderr}`)
    return result.stdout
  }
  git('fsck', '--strict')
  const status = JSON.parse(account.ok(['status', '--json'], { cwd: folder })) as {
    files: unknown
    dependencies: unknown
  }
  return {
    content: content(folder),
    log: git('log', '--format=%s %T'),
    clean: git('status', '--porcelain'),
    status: [status.files, status.dependencies],
  }
}

test('commit', () => {
  const original = written()
  killEverywhere({
    scene: () => copyOf(original),
    command: (scene) => inApp(scene, ['commit', '-m', 'one']),
    crash: (scene, point) => inApp(scene, ['commit', '-m', 'one'], point),
    look: ({ account }) => lookAt(account, join(account.home, 'app')),
    doneBefore: (result) => /[Nn]othing/.test(result.stderr),
  })
})

test('push, then a clone of what was pushed', () => {
  const original = committed()
  const push = (scene: Scene) => ['push', `file://${scene.remote}/demo/app`]
  killEverywhere({
    scene: () => copyOf(original),
    command: (scene) => inApp(scene, push(scene)),
    crash: (scene, point) => inApp(scene, push(scene), point),
    look: ({ remote }) => {
      const other = machine({ program })
      other.ok(['clone', `file://${remote}/demo/app`])
      return lookAt(other, join(other.home, 'app'))
    },
    doneBefore: () => false,
  })
})

test('clone', () => {
  const original = committed()
  inApp(original, ['push', `file://${original.remote}/demo/app`])
  const clone = (scene: Scene, point?: string) =>
    scene.account.zagi(['clone', `file://${original.remote}/demo/app`], {
      ...(point === undefined ? {} : { env: { ZAGI_CRASH_AT: point } }),
    })
  killEverywhere({
    scene: () => ({ account: machine({ program }), remote: original.remote }),
    command: (scene) => clone(scene),
    crash: (scene, point) => clone(scene, point),
    look: ({ account }) => [lookAt(account, join(account.home, 'app')), readdirSync(account.home).sort()],
    doneBefore: (result) => /exists already/.test(result.stderr),
  })
})

test('add', async () => {
  const admin = machine({ program })
  const server: RunningServer = await runningServer({ program, admin, arguments: ['--catalog', testCatalog()] })
  try {
    // The server has the tool from here on: what follows is about the client.
    const original = committed()
    const env = { ZAGI_SERVER: server.url, ZAGI_TOKEN: server.token }
    const add = (scene: Scene, point?: string) =>
      scene.account.zagi(['add', 'redis@7'], {
        cwd: join(scene.account.home, 'app'),
        env: point === undefined ? env : { ...env, ZAGI_CRASH_AT: point },
      })
    killEverywhere({
      scene: () => copyOf(original),
      command: (scene) => add(scene),
      crash: (scene, point) => add(scene, point),
      look: (scene) => {
        const run = inApp(scene, ['run', '--', 'redis-server', '--version'])
        assert.is(run.status, 0, run.stderr)
        return [run.stdout, lookAt(scene.account, join(scene.account.home, 'app'))]
      },
      doneBefore: () => false,
    })
  } finally {
    await server.stop()
  }
})

test('every named point was reached by one of them', () => {
  const elsewhere: CrashPoint[] = []
  assert.equal(
    crashPoints.filter((point) => !reached.has(point) && !elsewhere.includes(point)),
    [],
  )
})
