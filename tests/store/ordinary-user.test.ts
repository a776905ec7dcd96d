import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeTree } from '../helpers/describe-tree.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('store: as an ordinary user')

// Root may do everything, so a process of another user does the work; who is no root does it as they are.
const isRoot = process.getuid?.() === 0
const nobody = 65534

/** Saves `from` and restores it to `to`, twice; answers what went wrong. */
function saveAndRestore(root: string): { code?: string; message?: string; linked?: number; unchanged?: number } {
  const store = new URL('../../store/index.ts', import.meta.url).href
  const script = `
    const { openStore, restoreFolder, snapshotFolder } = await import(${JSON.stringify(store)})
    const root = ${JSON.stringify(root)}
    try {
      const store = openStore(root + '/store')
      const options = { adopt: true, classify: (path) => (path.includes('lib') ? 'shared' : 'private') }
      const snapshot = await snapshotFolder(store, root + '/from', options)
      const restore = { extras: 'remove', statIndexFile: root + '/index' }
      const { linked } = await restoreFolder(store, snapshot, root + '/to', restore)
      const { unchanged } = await restoreFolder(store, snapshot, root + '/to', restore)
      console.log(JSON.stringify({ linked, unchanged }))
    } catch (error) {
      console.log(JSON.stringify({ code: error.code, message: error.message }))
    }`
  const identity = isRoot ? { uid: nobody, gid: nobody } : {}
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    ...identity,
  })
  assert.ok(stdout !== '', stderr)
  return JSON.parse(stdout)
}

function give(path: string): void {
  if (!isRoot) return
  const entries = lstatSync(path).isDirectory() ? readdirSync(path) : []
  for (const entry of entries) give(join(path, entry))
  chownSync(path, nobody, nobody)
}

function scene(): { root: string; from: string } {
  const root = temporaryFolder('user')
  const from = join(root, 'from')
  mkdirSync(join(from, 'closed', 'inner'), { recursive: true })
  for (const name of ['lib.js', 'mine', 'closed/lib.js', 'closed/inner/file']) writeFileSync(join(from, name), name)
  return { root, from }
}

test('read-only folders and shared files', () => {
  const { root, from } = scene()
  chmodSync(join(from, 'closed', 'inner'), 0o500)
  chmodSync(join(from, 'closed'), 0o555)
  give(root)
  const result = saveAndRestore(root)
  assert.equal(result, { linked: 2, unchanged: 4 })
  assert.equal(describeTree(join(root, 'to')), describeTree(from))
  // In place: the closed folders are opened, cleared and closed again.
  chmodSync(join(root, 'to', 'closed'), 0o755)
  writeFileSync(join(root, 'to', 'closed', 'extra'), 'x')
  chmodSync(join(root, 'to', 'closed'), 0o100)
  give(join(root, 'to'))
  assert.equal(saveAndRestore(root).unchanged, 4)
  assert.equal(describeTree(join(root, 'to')), describeTree(from))
})

test('a file that may not be read', () => {
  const { root, from } = scene()
  chmodSync(join(from, 'mine'), 0o000)
  give(root)
  const { code, message } = saveAndRestore(root)
  assert.is(code, 'NOT_READABLE')
  assert.ok(message!.includes(`"${join(from, 'mine')}"`), message)
})

test('a folder that may not be read', () => {
  const { root, from } = scene()
  chmodSync(join(from, 'closed'), 0o300)
  give(root)
  assert.is(saveAndRestore(root).code, 'NOT_READABLE')
})

test('a place that may not be written', () => {
  const { root } = scene()
  mkdirSync(join(root, 'to'))
  give(root)
  if (isRoot) chownSync(join(root, 'to'), 0, 0)
  else chmodSync(join(root, 'to'), 0o500)
  const { code, message } = saveAndRestore(root)
  assert.is(code, 'NOT_WRITABLE')
  assert.ok(message!.includes(join(root, 'to')), message)
})
