import * as assert from 'uvu/assert'
import { isZagiError, parseRepositoryName, redact } from '../../base/index.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('base: names and redaction')

test('repository names are two plain words', () => {
  assert.equal(parseRepositoryName('demo/my-app'), { owner: 'demo', name: 'my-app' })
  const bad = [
    '',
    'a',
    'a/b/c',
    '../b',
    'a/..',
    'a/b..c',
    'a/.b',
    'a/b.git',
    'a/b.lock',
    'a b/c',
    'ä/b',
    'a/',
    '/b',
    `a/${'x'.repeat(101)}`,
  ]
  for (const name of bad) {
    try {
      parseRepositoryName(name)
      assert.unreachable(`${name} was accepted`)
    } catch (error) {
      assert.ok(isZagiError(error, 'BAD_NAME'), name)
    }
  }
})

test('secrets do not survive redaction', () => {
  assert.is(redact('GET http://user:pass@host/x'), 'GET http://***@host/x')
  assert.is(redact('authorization: Bearer abc.def'), 'authorization: Bearer ***')
  assert.is(redact('token zagi_w_AbC-1_2 used'), 'token zagi_*** used')
})
