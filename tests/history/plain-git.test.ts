import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { derivedChangeId } from '../../history/change-id.ts'
import { initRepository, openRepository, type Repository } from '../../history/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Git, gitIn, gitRepository } from './git-program.ts'
import { rejects } from './rejects.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: plain Git beside it')

/** A repository that git made, with packed objects and packed refs, and zagi in it. */
function takenOver(): { folder: string; git: Git; repository: Repository } {
  const { folder, git } = gitRepository()
  for (let i = 0; i < 5; i++) {
    mkdirSync(join(folder, 'src'), { recursive: true })
    writeFileSync(join(folder, 'src', 'a'), `version ${i}\n`)
    writeFileSync(join(folder, `file${i}`), String(i))
    git('add', '-A')
    git('commit', '-qm', `commit ${i}`)
  }
  git('branch', 'side', 'HEAD~2')
  git('tag', '-a', '-m', 'tag', 'v1', 'HEAD~1')
  git('gc', '-q')
  git('pack-refs', '--all')
  return { folder, git, repository: initRepository(folder, { ...steadyClock(), branch: 'unused' }) }
}

test('takes an existing repository as it is', async () => {
  const { folder, git, repository } = takenOver()
  assert.is(repository.currentBranch(), 'main')
  assert.equal(Object.keys(repository.branches()), ['main', 'side'])
  assert.equal((await repository.status({ author })).files, [])
  assert.is(git('status', '--porcelain'), '')
  const log = repository.log({})
  assert.equal(
    log.map((change) => change.commit),
    git('log', '--format=%H').trim().split('\n'),
  )
  assert.is(log[0]?.changeId, derivedChangeId(log[0]!.commit))
  assert.equal(
    log.map((change) => change.branches),
    [['main'], ['v1'], ['side'], [], []],
  )
  assert.is(log.filter((change) => change.current).length, 1)
  writeFileSync(join(folder, 'src', 'a'), 'edited')
  await repository.commit({ author, message: 'ours' })
  assert.is(git('status', '--porcelain'), '')
  git('fsck', '--strict')
})

test('a commit, a switch, a reset and a new branch by git are imported as operations', async () => {
  const { folder, git, repository } = takenOver()
  appendFileSync(join(folder, 'src', 'a'), 'more\n')
  const { change } = await repository.status({ author })
  git('commit', '-qam', 'by git')
  const committed = await repository.status({ author })
  assert.is(committed.parent?.message, 'by git\n')
  assert.is(committed.change.changeId, change.changeId)
  assert.ok(committed.change.empty)
  assert.is(repository.operations(1)[0]?.kind, 'import')

  git('checkout', '-q', 'side')
  writeFileSync(join(folder, 'new'), 'new')
  const switched = await repository.status({ author })
  assert.is(switched.branch, 'side')
  assert.equal(switched.files, [{ path: 'new', change: 'added' }])
  assert.is(switched.parent?.commit, git('rev-parse', 'side').trim())

  git('reset', '-q', '--hard', 'HEAD~1')
  assert.is((await repository.status({ author })).parent?.commit, git('rev-parse', 'HEAD').trim())
  git('branch', 'another')
  await repository.snapshot({ author })
  assert.ok(repository.operations(1)[0]?.view.refs['refs/heads/another'])
  const count = repository.operations().length
  await repository.snapshot({ author })
  assert.is(repository.operations().length, count, 'nothing new is no operation')
})

test('what git moved away from is not lost to gc', async () => {
  const { folder, git, repository } = takenOver()
  writeFileSync(join(folder, 'precious'), 'precious')
  const snapshot = await repository.snapshot({ author })
  const { commit } = await repository.commit({ author, message: 'precious' })
  git('reset', '-q', '--hard', 'HEAD~1')
  await repository.snapshot({ author })
  git('reflog', 'expire', '--expire=now', '--all')
  git('gc', '-q', '--prune=now')
  const again = openRepository(folder, steadyClock())!
  assert.is(Buffer.from(again.readFile(commit, 'precious')!).toString(), 'precious')
  assert.is(again.change(snapshot.commit).tree, snapshot.tree)
  git('fsck', '--strict')
})

test('a detached HEAD moves with the commit', async () => {
  const { folder, git, repository } = takenOver()
  git('checkout', '-q', '--detach', 'HEAD~1')
  writeFileSync(join(folder, 'x'), 'x')
  const { commit } = await repository.commit({ author, message: 'detached' })
  assert.is(git('rev-parse', 'HEAD').trim(), commit)
  assert.is(repository.currentBranch(), undefined)
  assert.is(git('status', '--porcelain'), '')
  assert.throws(() => git('symbolic-ref', '-q', 'HEAD'))
})

test('a linked worktree has a working change of its own', async () => {
  const { git, repository } = takenOver()
  const linked = join(temporaryFolder('worktree'), 'linked')
  git('worktree', 'add', '-q', '-b', 'linked', linked)
  const second = initRepository(linked, { ...steadyClock(), branch: 'unused' })
  writeFileSync(join(linked, 'there'), 'there')
  const { commit } = await second.commit({ author, message: 'in the worktree' })
  const there = gitIn(linked)
  assert.is(there('status', '--porcelain'), '')
  assert.is(there('rev-parse', 'linked').trim(), commit)
  assert.is(git('status', '--porcelain'), '')
  await repository.snapshot({ author })
  assert.is(repository.branches()['linked'], commit)
  assert.match(git('for-each-ref', 'refs/zagi/keep'), /keep\/default\n.*keep\/linked\n/)
  git('fsck', '--strict')
})

test('a merge under way is not committed over', async () => {
  const { folder, git, repository } = takenOver()
  git('checkout', '-q', 'side')
  writeFileSync(join(folder, 'src', 'a'), 'other')
  git('commit', '-qam', 'other')
  assert.throws(() => git('merge', '-q', 'main'))
  assert.ok((await repository.status({ author })).files.length > 0)
  const error = await rejects(repository.commit({ author, message: 'x' }), 'GIT_UNSUPPORTED')
  assert.match(error.message, 'git merge')
  git('merge', '--abort')
  assert.equal((await repository.status({ author })).files, [])
})

test('submodules stay as they are; a nested repository is told of', async () => {
  const { folder, git, repository } = takenOver()
  const { folder: other, git: otherGit } = gitRepository()
  otherGit('commit', '-q', '--allow-empty', '-m', 'x')
  git('submodule', '--quiet', 'add', other, 'module')
  git('commit', '-qm', 'add the module')
  mkdirSync(join(folder, 'nested'))
  gitIn(join(folder, 'nested'))('init', '-q')
  writeFileSync(join(folder, 'nested', 'file'), 'x')
  writeFileSync(join(folder, 'own'), 'own')
  const status = await repository.status({ author })
  assert.equal(status.files, [{ path: 'own', change: 'added' }])
  assert.equal(status.nested, ['nested'])
  const { commit } = await repository.commit({ author, message: 'beside a module' })
  assert.match(git('ls-tree', commit, 'module'), '160000 commit')
  assert.is(git('status', '--porcelain'), '?? nested/\n')
  assert.equal(repository.readFolder(commit, '')?.find((entry) => entry.name === 'module')?.kind, 'submodule')
})

test('a sparse checkout keeps what it left out', async () => {
  const { folder, git, repository } = takenOver()
  git('sparse-checkout', 'set', '--no-cone', '/src/')
  writeFileSync(join(folder, 'src', 'b'), 'b')
  const { commit } = await repository.commit({ author, message: 'sparse' })
  assert.is(git('ls-tree', '-r', '--name-only', commit).split('\n').length, 8)
  assert.is(git('status', '--porcelain'), '')
})

test('refuses what it does not support, and damages nothing', () => {
  const refused = (prepare: (git: Git, folder: string) => void, pattern: RegExp) => {
    const { folder, git } = gitRepository()
    prepare(git, folder)
    assert.throws(
      () => openRepository(folder, steadyClock()),
      (error: unknown) => isZagiError(error, 'GIT_UNSUPPORTED') && pattern.test(error.message),
      String(pattern),
    )
  }
  refused((git, folder) => {
    rmSync(join(folder, '.git'), { recursive: true })
    git('init', '-q', '--object-format=sha256')
  }, /SHA-256/)
  refused((_, folder) => writeFileSync(join(folder, '.git', 'shallow'), `${'1'.repeat(40)}\n`), /shallow/)
  refused((git) => git('config', 'core.repositoryformatversion', '2'), /version 2/)
  refused((git) => {
    git('config', 'core.repositoryformatversion', '1')
    git('config', 'extensions.refStorage', 'reftable')
  }, /refstorage/)
  refused((git) => {
    git('config', 'core.repositoryformatversion', '1')
    git('config', 'extensions.partialClone', 'origin')
  }, /partial/)
  refused((_, folder) => {
    rmSync(join(folder, '.git'), { recursive: true })
    writeFileSync(join(folder, '.git'), 'gitdir: /nowhere\n')
  }, /points at no Git repository/)
  const empty = temporaryFolder('none')
  assert.is(openRepository(empty, steadyClock()), undefined)
})

test('a repository that tracks .zagi/state is refused', async () => {
  const { folder, git, repository } = zagiRepository()
  writeFileSync(join(folder, '.zagi', 'state', 'evil'), 'x')
  git('add', '-f', '.zagi/state/evil')
  await rejects(repository.snapshot({ author }), 'PATH_UNSAFE')
})
