import { execFileSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { objectId } from '../../history/git/git-object.ts'
import { compareEntries, decodeGitTree, encodeGitTree, mode } from '../../history/git/git-tree.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { gitRepository } from './git-program.ts'

const test = suite('history: trees')

const blob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'

test('sorts as git does: folders as if their names ended in a slash, names by their UTF-8 bytes', () => {
  const { folder, git } = gitRepository()
  const empty = git('hash-object', '-w', '-t', 'tree', '/dev/null').trim()
  git('hash-object', '-w', '/dev/null')
  const { seed, below, pick } = random()
  const parts = ['a', 'b', '-', '.', '0', 'é', '\ud83d\ude00', '\ufb01', '\uffee', ' ', '/'.replace('/', '+')]
  for (let round = 0; round < 20; round++) {
    const names = new Set(
      Array.from({ length: 30 }, () => `x${Array.from({ length: below(4) }, () => pick(parts)).join('')}`),
    )
    const entries = [...names].map((name) =>
      below(2) ? { name, mode: mode.folder, id: empty } : { name, mode: mode.file, id: blob },
    )
    const lines = entries.map(
      (e) => `${e.mode.toString(8).padStart(6, '0')} ${e.mode === mode.folder ? 'tree' : 'blob'} ${e.id}\t${e.name}\0`,
    )
    const expected = execFileSync('git', ['mktree', '-z'], {
      cwd: folder,
      input: lines.join(''),
      encoding: 'utf8',
    }).trim()
    const bytes = encodeGitTree(entries.toSorted(compareEntries))
    assert.is(objectId('tree', bytes), expected, `seed ${seed} round ${round}`)
    assert.equal(decodeGitTree(bytes, expected), entries.toSorted(compareEntries))
  }
})

test('reads the modes of old histories', () => {
  const raw = Buffer.concat([Buffer.from('100664 a\0'), Buffer.alloc(20), Buffer.from('040000 b\0'), Buffer.alloc(20)])
  assert.equal(
    decodeGitTree(raw, 'x').map((entry) => entry.mode),
    [mode.file, mode.folder],
  )
})

test('refuses damaged trees and never fails otherwise', () => {
  const { seed, below, bytes } = random()
  const whole = encodeGitTree(['a', 'bb', 'c.txt'].map((name) => ({ name, mode: mode.file, id: blob })))
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.concat([
      whole.subarray(0, below(whole.length)),
      bytes(below(5)),
      whole.subarray(below(whole.length)),
    ])
    try {
      decodeGitTree(damaged, 'x')
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT'), `seed ${seed} round ${round}: ${error}`)
    }
  }
})
