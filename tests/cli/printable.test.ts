import * as assert from 'uvu/assert'
import { printable, printableLine } from '../../cli/printable.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: printable text')

test('what moves the cursor or sets the title is shown, not obeyed', () => {
  assert.is(printable('a\x1b]0;title\x07b'), 'a\\x1b]0;title\\x07b')
  assert.is(printable('a\x1b[2Jb\rc'), 'a\\x1b[2Jb\\x0dc')
  assert.is(printable('a\x9bb'), 'a\\x9bb')
})

test('text that runs backwards is shown', () => {
  assert.is(printable('a\u202eb'), 'a\\u202eb')
})

test('colours, line feeds, tabs and every script pass', () => {
  const text = '\x1b[1mbold\x1b[22m\tя 你好 🙂\n'
  assert.is(printable(text), text)
})

test('one line stays one line', () => {
  assert.is(printableLine('a\nb\r\nc'), 'a b c')
})
