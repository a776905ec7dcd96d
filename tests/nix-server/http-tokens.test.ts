import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { createToken, listTokens, revokeToken } from '../../nix-server/index.ts'
import { openTokenBook } from '../../nix-server/tokens.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('nix-server: tokens')

test('a token is found by its text, and only its hash is kept', () => {
  const data = temporaryFolder()
  const made = createToken(data, 'write', 'build machine')
  assert.match(made.token, /^zagi_w_[A-Za-z0-9_-]{43}$/)
  assert.is(openTokenBook(data).find(made.token)?.id, made.id)
  assert.is(openTokenBook(data).find(`${made.token}x`), undefined)
  const file = join(data, 'tokens.json')
  assert.not.ok(readFileSync(file, 'utf8').includes(made.token.slice(7)))
  assert.is(statSync(file).mode & 0o777, 0o600)
})

test('tokens are listed in order and without their hashes', () => {
  const data = temporaryFolder()
  assert.equal(listTokens(data), [])
  const first = createToken(data, 'read', 'first')
  createToken(data, 'write', 'second')
  const listed = listTokens(data)
  assert.equal(
    listed.map(({ kind, note }) => [kind, note]),
    [
      ['read', 'first'],
      ['write', 'second'],
    ],
  )
  assert.equal(Object.keys(listed[0]!).sort(), ['created', 'id', 'kind', 'note'])
  assert.is(listed[0]!.id, first.id)
})

test('an open book sees tokens that come and go', () => {
  const data = temporaryFolder()
  const book = openTokenBook(data)
  const { token, id } = createToken(data, 'read', '')
  assert.is(book.find(token)?.kind, 'read')
  assert.ok(revokeToken(data, id))
  assert.is(book.find(token), undefined)
  assert.not.ok(revokeToken(data, id))
})

test('processes that create tokens at once lose none', () => {
  const data = temporaryFolder()
  const script = join(data, 'create.ts')
  const module = JSON.stringify(join(import.meta.dirname, '../../nix-server/tokens.ts'))
  writeFileSync(
    script,
    `import { createToken } from ${module}\nfor (let i = 0; i < 5; i++) createToken(process.argv[2]!, 'read', '')\n`,
  )
  const node = `'${process.execPath}' '${script}' '${data}'`
  const { status } = spawnSync('sh', ['-c', `${node} & ${node} & wait`], { stdio: 'inherit' })
  assert.is(status, 0)
  assert.is(listTokens(data).length, 10)
})

test('a damaged file is an error, not an open door', () => {
  for (const text of ['', '{}', '{"version":1,"tokens":[{"id":"a"}]}', '{"version":2,"tokens":[]}']) {
    const data = temporaryFolder()
    writeFileSync(join(data, 'tokens.json'), text)
    assert.throws(
      () => openTokenBook(data).find('zagi_w_x'),
      (error: unknown) => isZagiError(error, 'MANIFEST_CORRUPT'),
    )
  }
})
