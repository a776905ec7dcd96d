import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { commandTable } from '../../cli/command-table.ts'
import { findCommand, findEntry } from '../../cli/find-command.ts'
import { parseWords } from '../../cli/parse-words.ts'
import { jsonLines, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: odd command lines', { seconds: 120 })

const odd = [
  ...['', ' ', '-', '--', '---', '-=', '--=', '=', '-m', '-m=', '--json', '--json=1', '--no-json', '-h', '--help=x'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '$0', '%s', '\u0001', '\u0002', '\u007f', '\x1b[2J'],
  ...['..', '../..', '/', '//', '~', '*', '\\', '"', "'", '`id`', '$(id)', ';', '|', '&', '\n', '\r\n', '\t'],
  ...['🙂', 'é', 'e\u0301', '\u202e', '\ud800', 'ﬀ', '你好', 'x'.repeat(5000), '-'.repeat(5000), '-1', '--data'],
  ...['add', 'list', 'commit', 'http://', 'file:', 'https://a@b/c/d', 'NaN', '1e999', '0', 'true', 'null'],
]

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('parsing understands or refuses, and never fails in another way', async () => {
  const seed = Date.now() % 2 ** 31
  const next = random(seed)
  const pick = () => odd[Math.floor(next() * odd.length)]!
  for (const entry of commandTable) {
    const family = await entry.load()
    for (let round = 0; round < 300; round++) {
      const words = Array.from({ length: Math.floor(next() * 5) }, pick)
      try {
        const [command, rest] = findCommand(entry, family, words)
        parseWords(command, rest)
      } catch (error) {
        const told = `seed ${seed}: zagi ${entry.name} ${JSON.stringify(words)}: ${error}`
        assert.ok(isZagiError(error, 'USAGE'), told)
      }
    }
  }
})

test('a first word that is no command is refused', () => {
  for (const word of odd) {
    if (commandTable.some(({ name }) => name === word)) continue
    assert.throws(
      () => findEntry(word),
      (error: unknown) => isZagiError(error, 'USAGE'),
    )
  }
})

test('the program ends odd lines with status 2, one error and no stack', async () => {
  const words = odd.filter((word) => !/^(-h|--help.*|-+json.*|--no-json|add|list|commit|.*\0.*)$/s.test(word))
  const lines = words.filter((_, at) => at % 4 === 0).map((word) => [word])
  for (const line of [...lines, ['commit', '--wrong'], ['log', '-n'], ['token', 'x'], ['store'], ['hook', 'tcsh']]) {
    const { status, stdout, stderr } = await runCli(line)
    const told = `${JSON.stringify(line)}: ${stdout}${stderr}`
    assert.is(status, 2, told)
    assert.is(stdout, '', told)
    assert.match(stderr, /^Error: .*\nHint: .*\n$/, told)
    const withJson = await runCli(['--json', ...line])
    assert.is(withJson.status, 2, told)
    const [object, ...more] = jsonLines(withJson.stdout)
    assert.is(more.length, 0)
    assert.is((object!['error'] as { code: string }).code, 'USAGE', told)
  }
})
