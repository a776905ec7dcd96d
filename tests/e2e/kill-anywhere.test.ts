// kill -9 at random moments, not only at the named points, with the packaged binary: the same command again ends in the
// same state as without the kill.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree } from '../helpers/describe-tree.ts'
import { type Machine, machine } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { random } from '../helpers/random.ts'
import { writeFiles, writeNodeProject } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('end to end: kill -9 anywhere and again', { seconds: 300 })
const program = [packagedBinary()]
const rounds = 10

/** One account and one remote, which every round gets anew. */
interface Scene {
  account: Machine
  remote: string
}

const app = ({ account }: Scene) => join(account.home, 'app')
const address = ({ remote }: Scene) => `file://${remote}/demo/app`

// The same paths every time, so that what is at them can be compared.
const scene: Scene = { account: machine({ program }), remote: join(temporaryFolder('remote'), 'r') }

function keep(): () => void {
  const kept = temporaryFolder('kept')
  const copy = (from: string, to: string) => {
    execFileSync('rm', ['-rf', to])
    execFileSync('cp', ['-a', from, to])
  }
  copy(scene.account.home, join(kept, 'home'))
  mkdirSync(scene.remote, { recursive: true })
  copy(scene.remote, join(kept, 'remote'))
  return () => {
    copy(join(kept, 'home'), scene.account.home)
    copy(join(kept, 'remote'), scene.remote)
  }
}

function startOver(): void {
  for (const path of [scene.account.home, scene.remote]) execFileSync('rm', ['-rf', path])
  mkdirSync(scene.account.home)
  scene.account.ok(['init', 'app'])
  writeNodeProject(app(scene))
  const files = Array.from({ length: 200 }, (_, i) => [`node_modules/many/${i}.js`, `${i} `.repeat(i * 20)])
  writeFiles(app(scene), Object.fromEntries(files))
}

function edit(folder: string): void {
  const files = Array.from({ length: 150 }, (_, i) => [`node_modules/more/${i}.js`, `more ${i}`.repeat(i)])
  writeFiles(folder, { ...Object.fromEntries(files), 'new.txt': 'new', 'index.js': 'changed\n' })
  rmSync(join(folder, 'node_modules/many'), { recursive: true })
}

/** All that a user sees: files, history, status, and that nothing of ours was left beside or in the project. */
function look(): unknown {
  const folder = app(scene)
  const git = (...args: string[]) => {
    const result = scene.account.run('git', ['-C', folder, ...args])
    assert.is(result.status, 0, `git ${args.join(' ')}\n${result.stderr}`)
    return result.stdout
  }
  git('fsck', '--strict')
  const { files, dependencies } = JSON.parse(scene.account.ok(['status', '--json'], { cwd: folder }))
  const skip = (path: string) => path === '.git' || /^\.zagi\/(state|env|snapshots)$/.test(path)
  return {
    tree: describeTree(folder, { times: false, skip }),
    log: git('log', '--branches', '--remotes', '--format=%s %T'),
    clean: git('status', '--porcelain'),
    status: [files, dependencies],
    beside: readdirSync(scene.account.home).sort(),
  }
}

interface Case {
  words: string[]
  cwd?: () => string
  look?: () => unknown
  /** What the second try may say where the first one had been done. */
  done?: RegExp
}

async function killAnywhere({ words, cwd = () => app(scene), look: see = look, done }: Case): Promise<void> {
  const source = random()
  const again = keep()
  const run = () => scene.account.zagi(words, { cwd: cwd() })
  const started = performance.now()
  const first = run()
  const takes = performance.now() - started
  assert.is(first.status, 0, first.stderr)
  const wanted = see()
  for (let round = 0; round < rounds; round++) {
    again()
    const after = 15 + source.below(Math.ceil(takes))
    await killed(words, cwd(), after)
    const result = run()
    const what = `seed ${source.seed}, round ${round}, killed after ${after} of ${Math.round(takes)} ms`
    assert.ok(result.status === 0 || done?.test(result.stderr), `${what}: ${result.status} ${result.stderr}`)
    assert.equal(see(), wanted, what)
  }
}

// In a process group of its own: worker threads and children die with it.
function killed(words: string[], cwd: string, after: number): Promise<void> {
  const child = spawn(program[0]!, words, { cwd, env: scene.account.env, stdio: 'ignore', detached: true })
  const timer = setTimeout(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It was faster.
    }
  }, after)
  return new Promise((resolve) =>
    child.on('exit', () => {
      clearTimeout(timer)
      resolve()
    }),
  )
}

test('commit', async () => {
  startOver()
  await killAnywhere({ words: ['commit', '-m', 'one'], done: /[Nn]othing/ })
})

test('push', async () => {
  startOver()
  scene.account.ok(['commit', '-m', 'one'], { cwd: app(scene) })
  const cloned = () => {
    const other = machine({ program })
    other.ok(['clone', address(scene)])
    const folder = join(other.home, 'app')
    return [look(), describeTree(folder, { times: false, skip: (path) => /^\.git$|^\.zagi\/state$/.test(path) })]
  }
  await killAnywhere({ words: ['push', address(scene)], look: cloned })
})

test('clone', async () => {
  startOver()
  scene.account.ok(['commit', '-m', 'one'], { cwd: app(scene) })
  scene.account.ok(['push', address(scene)], { cwd: app(scene) })
  for (const path of ['app', '.zagi']) execFileSync('rm', ['-rf', join(scene.account.home, path)])
  await killAnywhere({ words: ['clone', address(scene)], cwd: () => scene.account.home, done: /exists already/ })
})

test('pull', async () => {
  startOver()
  scene.account.ok(['commit', '-m', 'one'], { cwd: app(scene) })
  scene.account.ok(['push', address(scene)], { cwd: app(scene) })
  const other = machine({ program })
  other.ok(['clone', address(scene)])
  edit(join(other.home, 'app'))
  other.ok(['commit', '-m', 'two'], { cwd: join(other.home, 'app') })
  other.ok(['push'], { cwd: join(other.home, 'app') })
  await killAnywhere({ words: ['pull'] })
})

test('snapshot and restore', async () => {
  startOver()
  const told = scene.account.ok(['snapshot', '--json'], { cwd: app(scene) })
  const { manifest } = JSON.parse(told) as { manifest: string }
  await killAnywhere({ words: ['snapshot'] })
  edit(app(scene))
  await killAnywhere({ words: ['restore', manifest, '.'] })
})
