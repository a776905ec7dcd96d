import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { initRepository, type Repository } from '../../history/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Git, gitIn } from './git-program.ts'
import { describeFiles, randomEdit } from './random-edits.ts'
import { rejects } from './rejects.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: checkout')

interface Clone {
  folder: string
  git: Git
  repository: Repository
}

/** Brings what `from` has to a repository and checks its main branch out there: what clone and pull do. */
async function fetch(from: Repository, to: Repository): Promise<string> {
  const commit = from.branches()['main']!
  const have = Object.values(to.remoteRefs('origin'))
  const packed = await from.packFor({ want: [commit], have })
  if (packed !== undefined) await to.importPack(packed.name, packed.pack)
  to.setRemoteRefs('origin', { 'refs/heads/main': commit })
  return commit
}

function emptyClone(): Clone {
  const folder = join(temporaryFolder('clone'), 'clone')
  mkdirSync(folder)
  return { folder, git: gitIn(folder), repository: initRepository(folder, { ...steadyClock(), branch: 'main' }) }
}

async function clone(from: Repository): Promise<Clone> {
  const made = emptyClone()
  const commit = await fetch(from, made.repository)
  await made.repository.checkout({ author, commit, branch: 'main' })
  return made
}

async function pull(from: Repository, { repository }: Clone) {
  return repository.checkout({ author, commit: await fetch(from, repository), branch: 'main' })
}

test('random histories, cloned and pulled step by step: the same files, a clean status', async () => {
  const source = random()
  const origin = zagiRepository()
  randomEdit(origin.folder, source)
  writeFileSync(join(origin.folder, 'first'), 'first')
  await origin.repository.commit({ author, message: 'first' })
  const copy = await clone(origin.repository)
  for (let round = 0; round < 25; round++) {
    const what = `seed ${source.seed} round ${round}`
    for (let i = source.below(5); i >= 0; i--) randomEdit(origin.folder, source)
    if ((await origin.repository.status({ author })).files.length === 0) continue
    await origin.repository.commit({ author, message: what })
    if (source.below(3) === 0) continue
    const { kept } = await pull(origin.repository, copy)
    assert.equal(kept, [], what)
    const tree = origin.repository.change(origin.repository.head()!).tree
    assert.is((await copy.repository.status({ author })).change.tree, tree, what)
    assert.is(copy.git('status', '--porcelain'), '', what)
    assert.is(copy.git('diff-index', 'HEAD'), '', what)
    const expected = temporaryFolder('expected')
    execFileSync('sh', ['-c', `git -C "${origin.folder}" archive main | tar -x -C "${expected}"`])
    assert.equal(describeFiles(copy.folder), describeFiles(expected), what)
  }
  await pull(origin.repository, copy)
  copy.git('fsck', '--strict')
  assert.is(copy.git('rev-parse', 'main'), origin.git('rev-parse', 'main'))
  assert.is(copy.git('rev-parse', 'origin/main'), origin.git('rev-parse', 'main'))
})

test('a pull keeps edits of other files, and says which', async () => {
  const origin = zagiRepository()
  for (const name of ['a', 'b', 'c']) writeFileSync(join(origin.folder, name), name)
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  writeFileSync(join(origin.folder, 'a'), 'a2')
  rmSync(join(origin.folder, 'c'))
  await origin.repository.commit({ author, message: 'two' })
  writeFileSync(join(copy.folder, 'b'), 'edited')
  writeFileSync(join(copy.folder, 'mine'), 'mine')
  const { changeId } = await copy.repository.snapshot({ author })
  const result = await pull(origin.repository, copy)
  assert.equal(result.kept, ['b', 'mine'])
  assert.is(result.change.changeId, changeId)
  assert.equal(result.files, [
    { path: 'a', change: 'changed' },
    { path: 'c', change: 'removed' },
  ])
  assert.equal(readdirSync(copy.folder).sort(), ['.git', '.zagi', 'a', 'b', 'mine'])
  assert.is(readFileSync(join(copy.folder, 'b'), 'utf8'), 'edited')
  assert.is(copy.git('status', '--porcelain'), ' M b\n?? mine\n')
})

test('an edit of the same file stops the pull before anything is touched', async () => {
  const origin = zagiRepository()
  for (const name of ['a', 'b']) writeFileSync(join(origin.folder, name), name)
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  writeFileSync(join(origin.folder, 'a'), 'theirs')
  writeFileSync(join(origin.folder, 'b'), 'same')
  await origin.repository.commit({ author, message: 'two' })
  writeFileSync(join(copy.folder, 'a'), 'ours')
  writeFileSync(join(copy.folder, 'b'), 'same')
  const head = copy.git('rev-parse', 'HEAD')
  const error = await rejects(pull(origin.repository, copy), 'DIVERGED')
  assert.match(error.message, '"a"')
  assert.not.match(error.message, '"b"')
  assert.is(copy.git('rev-parse', 'HEAD'), head)
  assert.is(readFileSync(join(copy.folder, 'a'), 'utf8'), 'ours')
  writeFileSync(join(copy.folder, 'a'), 'theirs')
  const { kept } = await pull(origin.repository, copy)
  assert.equal(kept, [])
  assert.is(copy.git('status', '--porcelain'), '')
})

test('a branch with commits of its own is not moved', async () => {
  const origin = zagiRepository()
  writeFileSync(join(origin.folder, 'a'), 'a')
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  for (const side of [origin, copy]) {
    writeFileSync(join(side.folder, 'a'), side.folder)
    await side.repository.commit({ author, message: 'more' })
  }
  await rejects(pull(origin.repository, copy), 'DIVERGED')
})

test('ignored files in the way are not overwritten', async () => {
  const origin = zagiRepository()
  writeFileSync(join(origin.folder, '.gitignore'), '*.cfg\nout/\n')
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  writeFileSync(join(origin.folder, 'x.cfg'), 'theirs')
  origin.git('add', '-f', 'x.cfg')
  await origin.repository.commit({ author, message: 'two' })
  writeFileSync(join(copy.folder, 'x.cfg'), 'secret')
  const error = await rejects(pull(origin.repository, copy), 'DIVERGED')
  assert.match(error.message, 'x.cfg')
  assert.is(readFileSync(join(copy.folder, 'x.cfg'), 'utf8'), 'secret')
})

test('a folder with ignored files in it is not given up for a file', async () => {
  const origin = zagiRepository()
  writeFileSync(join(origin.folder, '.gitignore'), '*.log\n')
  mkdirSync(join(origin.folder, 'dir', 'deep'), { recursive: true })
  writeFileSync(join(origin.folder, 'dir', 'deep', 'file'), 'one')
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  rmSync(join(origin.folder, 'dir'), { recursive: true })
  writeFileSync(join(origin.folder, 'dir'), 'a file now')
  await origin.repository.commit({ author, message: 'two' })
  mkdirSync(join(copy.folder, 'dir', 'empty'))
  writeFileSync(join(copy.folder, 'dir', 'own.log'), 'precious')
  await rejects(pull(origin.repository, copy), 'DIVERGED')
  assert.is(readFileSync(join(copy.folder, 'dir', 'own.log'), 'utf8'), 'precious')
  rmSync(join(copy.folder, 'dir', 'own.log'))
  await pull(origin.repository, copy)
  assert.is(readFileSync(join(copy.folder, 'dir'), 'utf8'), 'a file now')
  assert.is(copy.git('status', '--porcelain'), '')
})

test('never writes through a link, whatever takes the place of a folder', async () => {
  const origin = zagiRepository()
  mkdirSync(join(origin.folder, 'dir'))
  writeFileSync(join(origin.folder, 'dir', 'file'), 'one')
  writeFileSync(join(origin.folder, '.gitignore'), 'dir\n')
  origin.git('add', '-f', 'dir/file')
  await origin.repository.commit({ author, message: 'one' })
  const copy = await clone(origin.repository)
  const outside = temporaryFolder('outside')
  writeFileSync(join(outside, 'file'), 'precious')
  writeFileSync(join(origin.folder, 'dir', 'new'), 'two')
  origin.git('add', '-f', 'dir/new')
  await origin.repository.commit({ author, message: 'two' })
  rmSync(join(copy.folder, 'dir'), { recursive: true })
  symlinkSync(outside, join(copy.folder, 'dir'))
  await rejects(pull(origin.repository, copy), 'DIVERGED')
  assert.equal(readdirSync(outside), ['file'])
  assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'precious')
})

test('hostile trees are refused before anything is written', async () => {
  const names = ['.git', '.GIT', '.git ', 'git~1', '.g\u200cit', '..', '.', '.zagi', '.ZAGI', 'a\\..\\b', '.git::$DATA']
  for (const name of names) {
    const { folder, repository } = zagiRepository()
    const commit = hostileCommit(folder, [{ name, mode: '100644' }])
    await rejects(repository.checkout({ author, commit, branch: 'main' }), 'PATH_UNSAFE')
    assert.equal(readdirSync(folder).sort(), ['.git', '.zagi'], name)
  }
  for (const below of ['state', 'env', 'data', 'State', 'snapshots']) {
    const { folder, repository } = zagiRepository()
    const commit = hostileCommit(folder, [{ name: '.zagi', below, mode: '100644' }])
    await rejects(repository.checkout({ author, commit, branch: 'main' }), 'PATH_UNSAFE')
  }
  const { folder, repository } = zagiRepository()
  const commit = hostileCommit(folder, [
    { name: 'a', mode: '120000' },
    { name: 'a', below: 'evil', mode: '100644' },
  ])
  await rejects(repository.checkout({ author, commit, branch: 'main' }), 'PATH_UNSAFE')
  assert.equal(readdirSync(folder).sort(), ['.git', '.zagi'])
})

/** A commit with a tree that git itself would refuse to make, written as raw objects. */
function hostileCommit(folder: string, entries: { name: string; below?: string; mode: string }[]): string {
  const write = (kind: string, bytes: Buffer) =>
    execFileSync('git', ['hash-object', '-w', '--literally', '-t', kind, '--stdin'], {
      cwd: folder,
      input: bytes,
      encoding: 'utf8',
    }).trim()
  const blob = write('blob', Buffer.from('/tmp/zagi-hostile-target'))
  const entry = (mode: string, name: string, id: string) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])
  const lines = entries.map(({ name, below, mode }) =>
    below === undefined ? entry(mode, name, blob) : entry('40000', name, write('tree', entry(mode, below, blob))),
  )
  const tree = write('tree', Buffer.concat(lines))
  const who = 'A <a@b> 1 +0000'
  return write('commit', Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nevil\n`))
}
