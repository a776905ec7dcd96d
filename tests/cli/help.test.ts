import * as assert from 'uvu/assert'
import type { Command } from '../../cli/command.ts'
import { commandTable, groups } from '../../cli/command-table.ts'
import { findCommand, findEntry } from '../../cli/find-command.ts'
import { parseWords } from '../../cli/parse-words.ts'
import { usageLine } from '../../cli/usage-line.ts'
import { jsonLines, runCli } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: help', { seconds: 120 })

async function allCommands(): Promise<Command[]> {
  return (await Promise.all(commandTable.map((entry) => entry.load()))).flat()
}

test('zagi alone lists every command under its task', async () => {
  const { status, stdout, stderr } = await runCli([])
  assert.is(status, 0)
  assert.is(stderr, '')
  for (const group of groups) assert.match(stdout, `\n${group}\n`)
  for (const { name, summary } of commandTable) assert.ok(stdout.includes(summary) && stdout.includes(`  ${name} `))
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
  assert.equal(await runCli(['--help']), await runCli(['help']))
})

test('every command says what it does, what it takes, and shows examples', async () => {
  for (const command of await allCommands()) {
    const { status, stdout } = await runCli([...command.name.split(' '), '--help'])
    assert.is(status, 0)
    assert.ok(stdout.startsWith(`${usageLine(command)}\n`), command.name)
    assert.match(stdout, /\nExamples\n {2}zagi /)
    assert.ok(command.examples.length > 0 && command.about.length > 0)
    for (const { about, names } of Object.values(command.arguments)) {
      assert.ok(about.length > 0, `${command.name}: ${names}`)
    }
  }
})

test('every example is a line that its command understands', async () => {
  for (const command of await allCommands()) {
    for (const [line] of command.examples) {
      if (line === '--version') continue
      const words = line
        .replace(/ <.*$/, '')
        .match(/"[^"]*"|\S+/g)!
        .map((word) => word.replaceAll('"', ''))
      const entry = findEntry(words[0]!)
      const [found, rest] = findCommand(entry, await entry.load(), words.slice(1))
      assert.is(found.name, command.name)
      parseWords(found, rest)
    }
  }
})

test('help of a family shows all of it, of a member only that', async () => {
  for (const words of [
    ['remote', '--help'],
    ['help', 'remote'],
  ]) {
    const { stdout } = await runCli(words)
    for (const name of ['list', 'add', 'remove']) assert.match(stdout, `zagi remote ${name}`)
  }
  for (const words of [
    ['remote', 'add', '-h'],
    ['help', 'remote', 'add'],
  ]) {
    const { stdout } = await runCli(words)
    assert.ok(stdout.startsWith('zagi remote add NAME URL\n'))
    assert.not.match(stdout, 'remote list')
  }
})

test('as JSON', async () => {
  const [overview] = jsonLines((await runCli(['help', '--json'])).stdout)
  assert.is((overview!['commands'] as object[]).length, commandTable.length)
  const [one, ...more] = jsonLines((await runCli(['commit', '--help', '--json'])).stdout)
  assert.is(more.length, 0)
  assert.is(one!['command'], 'commit')
  assert.is(one!['usage'], 'zagi commit [-m MESSAGE]')
})

test('an unknown command gets the nearest names', async () => {
  const { status, stderr } = await runCli(['comit'])
  assert.is(status, 2)
  assert.match(stderr, 'Did you mean "zagi commit"?')
  assert.match((await runCli(['help', 'remtoe'])).stderr, '"zagi remote"')
  assert.match((await runCli(['remote', 'ad'])).stderr, '"zagi remote add"')
})
