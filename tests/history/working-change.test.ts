import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { openRepository } from '../../history/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import type { Git } from './git-program.ts'
import { randomEdit } from './random-edits.ts'
import { rejects } from './rejects.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: the working change')

/** The tree that git itself makes of the working folder, without touching its index. */
function treeByGit(folder: string, git: Git): string {
  const index = join(temporaryFolder('index'), 'index')
  if (existsSync(join(folder, '.git', 'index'))) copyFileSync(join(folder, '.git', 'index'), index)
  const withIndex = (...words: string[]) => git('-c', 'core.fsmonitor=false', ...words)
  process.env['GIT_INDEX_FILE'] = index
  try {
    withIndex('add', '-A')
    return withIndex('write-tree').trim()
  } finally {
    delete process.env['GIT_INDEX_FILE']
  }
}

test('a first commit: git finds a clean tree, a sound repository and the change id', async () => {
  const { folder, git, repository } = zagiRepository()
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src', 'index.js'), 'console.log(1)\n')
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  symlinkSync('src/index.js', join(folder, 'main'))
  const status = await repository.status({ author })
  assert.is(status.branch, 'main')
  assert.is(status.parent, undefined)
  assert.equal(status.files, [
    { path: 'main', change: 'added' },
    { path: 'run.sh', change: 'added' },
    { path: 'src/index.js', change: 'added' },
  ])
  const change = await repository.commit({ author, message: '  \nBegin  \n\nMore\n\n\n' })
  assert.is(change.message, 'Begin\n\nMore\n')
  assert.is(change.changeId, status.change.changeId, 'the change keeps its id')
  assert.is(git('status', '--porcelain'), '')
  assert.is(git('diff-index', 'HEAD'), '')
  assert.is(git('rev-parse', 'main').trim(), change.commit)
  assert.is(git('symbolic-ref', 'HEAD').trim(), 'refs/heads/main')
  assert.match(git('log', '--format=%H %an <%ae>'), `${change.commit} Ada <ada@example.com>`)
  assert.match(git('cat-file', 'commit', 'main'), `\nchange-id ${change.changeId}\n\nBegin`)
  assert.match(git('reflog'), 'zagi commit')
  git('fsck', '--strict')
  const after = await repository.status({ author })
  assert.equal(after.files, [])
  assert.ok(after.change.empty)
  assert.is.not(after.change.changeId, change.changeId)
  assert.is(after.parent?.commit, change.commit)
})

test('nothing to commit, and no message, are said so', async () => {
  const { repository, folder } = zagiRepository()
  await rejects(repository.commit({ author, message: 'x' }), 'NOTHING_TO_COMMIT')
  writeFileSync(join(folder, 'a'), 'a')
  await rejects(repository.commit({ author, message: ' \n' }), 'USAGE')
})

test('random edits and commits: every tree is the one that git makes, every status clean', async () => {
  const source = random()
  const { folder, git, repository } = zagiRepository()
  for (let round = 0; round < 40; round++) {
    const what = `seed ${source.seed} round ${round}`
    for (let i = source.below(6); i >= 0; i--) randomEdit(folder, source)
    const expected = treeByGit(folder, git)
    const { change, parent } = await repository.status({ author })
    assert.is(change.tree, expected, what)
    if (source.below(3) === 0) {
      // Plain Git commits beside it.
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', 'by git')
      const head = git('rev-parse', 'HEAD').trim()
      const seen = await repository.status({ author })
      assert.is(seen.parent?.commit, head, what)
      assert.ok(seen.change.empty, what)
    } else if (change.tree !== (parent?.tree ?? '4b825dc642cb6eb9a060e54bf8d69288fbee4904')) {
      const committed = await repository.commit({ author, message: what })
      assert.is(committed.tree, expected, what)
      assert.is(git('status', '--porcelain'), '', what)
    }
  }
  git('fsck', '--strict')
})

test('files that Git tracks are recorded though ignored, as git does', async () => {
  const { folder, git, repository } = zagiRepository()
  mkdirSync(join(folder, 'out', 'deep'), { recursive: true })
  for (const name of ['out/a', 'out/deep/b', 'c.log', 'd.log']) writeFileSync(join(folder, name), name)
  writeFileSync(join(folder, '.gitignore'), 'out/\n*.log\n')
  git('add', '-f', 'out/deep/b', 'c.log')
  const { tree } = await repository.commit({ author, message: 'one' })
  assert.is(git('ls-tree', '-r', '--name-only', tree), '.gitignore\nc.log\nout/deep/b\n')
  assert.is(git('status', '--porcelain'), '')
  writeFileSync(join(folder, 'out', 'deep', 'b'), 'new')
  git('rm', '-q', '--cached', 'c.log')
  const next = await repository.status({ author })
  assert.equal(next.files, [
    { path: 'c.log', change: 'removed' },
    { path: 'out/deep/b', change: 'changed' },
  ])
  // A link in place of the folder hides what is tracked behind it.
  rmSync(join(folder, 'out'), { recursive: true })
  symlinkSync('/etc', join(folder, 'out'))
  assert.is((await repository.status({ author })).change.tree, treeByGit(folder, git))
})

test("what is not source is left out unless Git tracks it, and zagi's own folders always", async () => {
  const { folder, git, repository } = zagiRepository()
  for (const path of [
    'node_modules/x/index.js',
    '.zagi/env/bin/node',
    '.zagi/lock/env.json',
    '.zagi/data/db',
    'src/a.js',
  ]) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), path)
  }
  const isSource = (path: string) => !path.split('/').includes('node_modules')
  const { files } = await repository.status({ author, isSource })
  assert.equal(
    files.map((file) => file.path),
    ['.zagi/lock/env.json', 'src/a.js'],
  )
  repository.setExcludes(['node_modules/'])
  await repository.commit({ author, isSource, message: 'x' })
  assert.is(git('status', '--porcelain'), '')
})

test('setExcludes keeps what others wrote in info/exclude', () => {
  const { folder, repository } = zagiRepository()
  const path = join(folder, '.git', 'info', 'exclude')
  writeFileSync(path, `mine${readFileSync(path, 'utf8').replace(/^/, '\n')}yours`)
  repository.setExcludes(['/a/'])
  repository.setExcludes(['/b/'])
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.is(lines[0], 'mine')
  assert.ok(lines.includes('yours') && lines.includes('/b/') && !lines.includes('/a/'))
  assert.is(lines.filter((line) => line.startsWith('# zagi')).length, 2)
})

test('a file that changes without its size or time changing back is found by its inode or time', async () => {
  const { folder, repository } = zagiRepository()
  const path = join(folder, 'a')
  const old = new Date(1_600_000_000_000)
  writeFileSync(path, 'one')
  utimesSync(path, old, old)
  const first = await repository.snapshot({ author })
  rmSync(path)
  writeFileSync(join(folder, 'b'), 'x')
  writeFileSync(path, 'two')
  utimesSync(path, old, old)
  const second = await repository.snapshot({ author })
  assert.is.not(second.tree, first.tree)
  assert.is(second.changeId, first.changeId)
})

test('files written again within the same tick of the clock are found', async () => {
  const { folder, repository } = zagiRepository()
  const path = join(folder, 'a')
  for (let i = 0; i < 30; i++) {
    writeFileSync(path, String(i).padStart(3, '0'))
    const { commit } = await repository.snapshot({ author })
    assert.is(Buffer.from(repository.readFile(commit, 'a')!).toString(), String(i).padStart(3, '0'))
  }
})

test('a lost stat index, a lost blob and a lost operation log are no harm', async () => {
  const { folder, git, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  const { commit } = await repository.commit({ author, message: 'a' })
  writeFileSync(join(folder, 'b'), 'b')
  await repository.snapshot({ author })
  git('update-ref', '-d', 'refs/zagi/keep/default')
  git('reflog', 'expire', '--expire=now', '--all')
  git('gc', '-q', '--prune=now')
  const seen = await repository.status({ author })
  assert.equal(seen.files, [{ path: 'b', change: 'added' }])
  rmSync(join(folder, '.zagi', 'state'), { recursive: true })
  const again = openRepository(folder, steadyClock())!
  assert.is((await again.status({ author })).change.tree, seen.change.tree)
  assert.is(again.head(), commit)
  git('fsck', '--strict')
})

test('many files at once become one pack, a few stay loose', async () => {
  const { folder, git, repository } = zagiRepository()
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `file${i}`), `content ${i}`)
  await repository.commit({ author, message: 'many' })
  const count = git('count-objects', '-v')
  assert.match(count, /packs: 1\n/)
  assert.ok(Number(/count: (\d+)/.exec(count)?.[1]) < 20, count)
  assert.is(git('status', '--porcelain'), '')
  git('fsck', '--strict')
})

test("the author is the Git configuration's, else the one handed in", async () => {
  const { folder, git, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  const first = await repository.commit({ author, message: 'a' })
  assert.is(first.author.name, 'Ada')
  const home = temporaryFolder('home')
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Conf <igured>\n\temail = c@x\n')
  const configured = openRepository(folder, { ...steadyClock(), userConfig: join(home, '.gitconfig') })!
  assert.equal(configured.configuredAuthor(), { name: 'Conf <igured>', email: 'c@x' })
  writeFileSync(join(folder, 'a'), 'b')
  const second = await configured.commit({ author, message: 'b' })
  assert.equal([second.author.name, second.author.email], ['Conf igured', 'c@x'])
  git('fsck', '--strict')
})
