import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandTable, groups } from '../../cli/command-table.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: docs/commands.md')

const page = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8')

function section(name: string): string {
  const start = page.indexOf(`\n### zagi ${name}\n`)
  assert.ok(start >= 0, `docs/commands.md has nothing about "${name}"`)
  const end = page.slice(start + 1).search(/\n##/)
  return page.slice(start, end < 0 ? undefined : start + 1 + end)
}

test('every command has its section, in the order of the help', () => {
  const headings = [...page.matchAll(/^### zagi (\S+)$/gm)].map((match) => match[1])
  assert.equal(
    headings,
    groups.flatMap((group) => commandTable.filter((one) => one.group === group).map(({ name }) => name)),
  )
})

test('every option, every member of a family and a JSON form is in it', async () => {
  for (const entry of commandTable) {
    const text = section(entry.name)
    assert.match(text, /JSON|--json/, entry.name)
    for (const command of await entry.load()) {
      const [, part] = command.name.split(' ')
      if (part !== undefined) assert.ok(text.includes(part), command.name)
      for (const { names } of Object.values(command.arguments)) {
        const long = names.split(', ').at(-1)!
        assert.ok(text.includes(long), `${command.name}: ${long}`)
      }
    }
  }
})
