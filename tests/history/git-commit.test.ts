import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { cleanPersonText, decodeCommit, encodeCommit } from '../../history/git/git-commit.ts'
import { objectId } from '../../history/git/git-object.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('history: commits')

const example = `tree 31d4780471ced74827b701a4e2e29ebeba396135
parent ea5346842fd682b153e89b6f05261ed1f3cc4838
author Ada <ada@example.com> 1710000000 +0100
committer Ada <ada@example.com> 1710000060 -0330
change-id kozympkqkzzszkryqsvyxrwxpzxywwsx
gpgsig -----BEGIN PGP SIGNATURE-----
 
 iQ
 -----END PGP SIGNATURE-----
x-unknown some value

Hello

World
`

test('reads every part of a commit', () => {
  const commit = decodeCommit(Buffer.from(example), 'x')
  assert.is(commit.tree, '31d4780471ced74827b701a4e2e29ebeba396135')
  assert.equal(commit.parents, ['ea5346842fd682b153e89b6f05261ed1f3cc4838'])
  assert.equal(commit.author, { name: 'Ada', email: 'ada@example.com', time: 1710000000, offset: 60 })
  assert.is(commit.committer.offset, -210)
  assert.equal(commit.extra[0], { name: 'change-id', value: 'kozympkqkzzszkryqsvyxrwxpzxywwsx' })
  assert.is(commit.extra[1]?.value, '-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----')
  assert.is(commit.message, 'Hello\n\nWorld\n')
})

test('writes what it read, byte for byte, unknown headers included', () => {
  assert.is(encodeCommit(decodeCommit(Buffer.from(example), 'x')).toString(), example)
})

test('the documented example has the documented name', () => {
  // docs/formats/change-commit.md
  const bytes = encodeCommit({
    tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    parents: [],
    author: { name: 'Ada', email: 'ada@example.com', time: 1710000000, offset: 60 },
    committer: { name: 'Ada', email: 'ada@example.com', time: 1710000000, offset: 60 },
    extra: [{ name: 'change-id', value: 'zyxwvutsrqponmlkzyxwvutsrqponmlk' }],
    message: 'Begin\n',
  })
  assert.is(bytes.length, 191)
  assert.is(objectId('commit', bytes), '44f08329fefd7603f018c641135fc5f07c2cf24c')
})

test('reads odd commits of old histories', () => {
  const odd = (author: string) =>
    decodeCommit(Buffer.from(`tree ${'0'.repeat(40)}\nauthor ${author}\ncommitter ${author}\n`), 'x').author
  assert.equal(odd('Nobody <>'), { name: 'Nobody', email: '', time: 0, offset: 0 })
  assert.equal(odd('<a@b> 12 +0000'), { name: '', email: 'a@b', time: 12, offset: 0 })
  assert.is(odd('A <a@b> 12 -0000').offset, 0)
  assert.is(odd('no address').name, 'no address')
})

test('reads a message in another encoding', () => {
  const head = `tree ${'0'.repeat(40)}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\nencoding ISO-8859-1\n\n`
  assert.is(decodeCommit(Buffer.concat([Buffer.from(head), Buffer.from([0xe9])]), 'x').message, 'é')
})

test('takes out of a name what a commit cannot hold', () => {
  assert.is(cleanPersonText(' "A. <Person>\n,'), 'A. Person')
})

test('refuses damaged commits and never fails otherwise', () => {
  const { seed, below, bytes } = random()
  const whole = Buffer.from(example)
  for (let round = 0; round < 2000; round++) {
    const damaged = Buffer.concat([
      whole.subarray(0, below(whole.length)),
      bytes(below(4)),
      whole.subarray(below(whole.length)),
    ])
    try {
      decodeCommit(damaged, 'x')
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT'), `seed ${seed} round ${round}: ${error}`)
    }
  }
})
