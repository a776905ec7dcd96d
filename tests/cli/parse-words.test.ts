import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { command, flag, list, optionalWord, text, word, words } from '../../cli/command.ts'
import { parseWords } from '../../cli/parse-words.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: parsing')

const example = command({
  name: 'example',
  about: [],
  arguments: {
    message: text('-m, --message', 'MESSAGE', ''),
    force: flag('--force', ''),
    keys: list('--key', 'KEY', ''),
    first: word('FIRST', ''),
    second: optionalWord('SECOND', ''),
  },
  examples: [],
  async run() {},
})
const many = command({ ...example, name: 'many', arguments: { all: words('TOOL', '') } })
const passing = command({ ...example, name: 'passing', arguments: {}, passesOn: '-- COMMAND…' })

function values(...given: string[]) {
  return parseWords(example, given).values
}

function usage(given: string[], of = example): { message: string; hint: string } {
  try {
    parseWords(of, given)
  } catch (error) {
    if (isZagiError(error, 'USAGE')) return { message: error.message, hint: error.hint ?? '' }
    throw error
  }
  throw new Error(`Nothing was refused: ${given.join(' ')}`)
}

test('options stand before, between and after words', () => {
  const expected = { message: 'x', force: true, keys: [], first: 'a', second: 'b', json: true }
  assert.equal(values('-m', 'x', 'a', '--force', 'b', '--json'), expected)
  assert.equal(values('a', 'b', '--json', '--force', '--message=x'), expected)
})

test('what is left out', () => {
  assert.equal(values('a'), { message: undefined, force: false, keys: [], first: 'a', second: undefined, json: false })
})

test('values that look like options, and empty ones', () => {
  assert.is(values('a', '-m', '-5 degrees')['message'], '-5 degrees')
  assert.is(values('a', '--message', '--nothing such')['message'], '--nothing such')
  assert.is(values('a', '-m', '')['message'], '')
  assert.is(values('a', '-m=')['message'], '')
  assert.is(values('a', '-m', 'one=two\nthree')['message'], 'one=two\nthree')
})

test('a list has every value', () => {
  assert.equal(values('a', '--key', 'x', '--key=y')['keys'], ['x', 'y'])
})

test('behind -- everything is a word', () => {
  assert.equal(values('--', '--force', '-m'), {
    message: undefined,
    force: false,
    keys: [],
    first: '--force',
    second: '-m',
    json: false,
  })
})

test('one word or more', () => {
  assert.equal(parseWords(many, ['a', 'b', 'c']).values['all'], ['a', 'b', 'c'])
  assert.match(usage([], many).message, 'needs TOOL')
})

test('words for another program are not looked at', () => {
  const inner = ['node', '--json', '--help', '--', '-m']
  assert.equal(parseWords(passing, ['--', ...inner]).passedOn, inner)
  assert.equal(parseWords(passing, inner).passedOn, inner)
  const { values, passedOn } = parseWords(passing, ['--json', '--', '--json'])
  assert.is(values.json, true)
  assert.equal(passedOn, ['--json'])
  assert.is(parseWords(passing, ['--help']).help, true)
})

test('help wins over missing words', () => {
  assert.is(parseWords(example, ['--help']).help, true)
  assert.is(parseWords(example, ['-h', '--force']).help, true)
  assert.is(parseWords(example, ['--', '-h']).help, false)
})

test('each mistake has its own message and shows the usage', () => {
  assert.match(usage([]).message, '"zagi example" needs FIRST')
  assert.match(usage(['a', 'b', 'c']).message, '"c" is one word too many')
  assert.match(usage(['a', '--mesage', 'x']).message, '"--mesage" is not an option of "zagi example"')
  assert.match(usage(['a', '--mesage', 'x']).hint, 'Did you mean "--message"?')
  assert.match(usage(['a', '-9']).message, '"-9" is not an option')
  assert.match(usage(['a', '--wrong=x']).message, '"--wrong" is not an option')
  assert.match(usage(['a', '-m']).message, 'Option "-m" needs a value')
  assert.match(usage(['a', '-m', '--json']).message, 'Option "-m" needs a value')
  assert.match(usage(['a', '--force=yes']).message, 'Option "--force" takes no value')
  assert.match(usage([]).hint, 'Usage: zagi example [-m MESSAGE] [--force] [--key KEY]… FIRST [SECOND]')
})
