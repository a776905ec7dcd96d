import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { decodeGitIndex } from '../../history/git/decode-git-index.ts'
import type { GitIndex, IndexEntry } from '../../history/git/git-index.ts'
import { GitIndexBuilder } from '../../history/git/git-index-builder.ts'

import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { type Git, gitRepository } from './git-program.ts'

const test = suite("history: Git's index")

function sample(): { folder: string; git: Git } {
  const { folder, git } = gitRepository()
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true })
  for (const name of ['a', 'deep/b', 'deep/er/c', 'deep.txt', 'é', 'deep/er/also a longer name of a file']) {
    writeFileSync(join(folder, name), name)
  }
  chmodSync(join(folder, 'a'), 0o755)
  symlinkSync('a', join(folder, 'link'))
  git('add', '-A')
  return { folder, git }
}

function entriesOf(index: GitIndex): IndexEntry[] {
  return Array.from({ length: index.length }, (_, position) => index.entryAt(position))
}

function read(folder: string): GitIndex {
  return decodeGitIndex(readFileSync(join(folder, '.git', 'index')))
}

test('reads what git wrote, in versions 2, 3 and 4', () => {
  const { folder, git } = sample()
  const listed = git('ls-files', '-s', '-z')
  const expected = listed.split('\0').filter((line) => line !== '')
  for (const version of ['2', '4']) {
    git('update-index', '--index-version', version)
    const got = entriesOf(read(folder)).map(
      ({ mode, id, stage, path }) => `${mode.toString(8)} ${Buffer.from(id).toString('hex')} ${stage}\t${path}`,
    )
    assert.equal(got, expected, `version ${version}`)
  }
  git('update-index', '--index-version', '2')
  git('update-index', '--skip-worktree', 'deep/b')
  git('update-index', '--assume-unchanged', 'a')
  const flags = entriesOf(read(folder)).filter((entry) => entry.skipWorktree || entry.assumeValid)
  assert.equal(
    flags.map(({ path, skipWorktree, assumeValid }) => [path, skipWorktree, assumeValid]),
    [
      ['a', false, true],
      ['deep/b', true, false],
    ],
  )
})

test('finds every path, in any order, and the folders above it', () => {
  const { folder, git } = sample()
  const { below } = random()
  for (const version of ['2', '4']) {
    git('update-index', '--index-version', version)
    const index = read(folder)
    const paths = entriesOf(index).map((entry) => entry.path)
    const asked = [
      ...paths,
      ...paths.map((path) => path.slice(0, below(path.length))),
      ...paths.toReversed(),
      'zzz',
      '',
    ]
    for (const path of asked) {
      assert.is(index.find(path), paths.indexOf(path), path)
      assert.is(
        index.hasFolder(path),
        paths.some((other) => other.startsWith(`${path}/`)),
        path,
      )
      assert.is(index.below(path).length, paths.filter((other) => other.startsWith(`${path}/`)).length, path)
    }
  }
})

test('what it writes git takes as its own, marks included, entries taken over or written anew', () => {
  const { folder, git } = sample()
  git('update-index', '--skip-worktree', 'deep/b')
  const before = git('ls-files', '-s', '-t', '-v', '--debug')
  for (const kept of [0, 1, 2]) {
    const index = read(folder)
    const builder = new GitIndexBuilder()
    for (const [position, entry] of entriesOf(index).entries()) {
      if (kept === 0 || (kept === 1 && position % 3 === 0)) builder.add(entry)
      else assert.ok(builder.keep(index, position))
    }
    const bytes = builder.finish()
    writeFileSync(join(folder, '.git', 'index'), bytes)
    assert.is(git('ls-files', '-s', '-t', '-v', '--debug'), before)
    assert.is(git('diff-files', '--name-only'), '')
    assert.is(bytes.readUInt32BE(4), 3)
  }
})

test('refuses what it cannot keep, with a way out', () => {
  const { folder, git } = sample()
  git('update-index', '--split-index')
  assert.throws(
    () => read(folder),
    (error: unknown) => isZagiError(error, 'GIT_UNSUPPORTED'),
  )
  git('update-index', '--no-split-index')
  assert.ok(read(folder).length > 0)
})

test('refuses damaged indexes and never fails otherwise', () => {
  const { folder, git } = sample()
  const { seed, below, bytes } = random()
  for (const version of ['2', '4']) {
    git('update-index', '--index-version', version)
    const intact = readFileSync(join(folder, '.git', 'index'))
    // Without a checksum, as git may write it too, so that the damage is looked at and not the checksum.
    intact.fill(0, intact.length - 20)
    for (let round = 0; round < 1500; round++) {
      const damaged = Buffer.from(intact)
      for (let i = 0; i < 1 + below(3); i++) bytes(1).copy(damaged, below(damaged.length - 20))
      try {
        entriesOf(decodeGitIndex(damaged))
      } catch (error) {
        const known = isZagiError(error, 'INDEX_CORRUPT') || isZagiError(error, 'GIT_UNSUPPORTED')
        assert.ok(known, `seed ${seed} version ${version} round ${round}: ${error}`)
      }
    }
  }
})
