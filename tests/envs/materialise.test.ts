import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { materialise } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { folder, link, original, program, storeNameOf, syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: materialise')

test('a closure becomes folders whose references point at each other', async () => {
  const home = temporaryFolder('m')
  const lib = storeNameOf('lib-1')
  const tool = storeNameOf('tool-2')
  const { store, closure } = await syntheticStore(home, [
    {
      name: tool,
      references: [lib],
      content: folder({
        bin: folder({
          tool: program(`#!${original(lib)}/bin/sh\nexec ${original(tool)}/x\n`),
          alias: link(`${original(tool)}/bin/tool`),
        }),
        share: folder({ 'a.txt': 'no references', empty: '', big: Buffer.alloc(300_000, `${original(lib)} `) }),
      }),
    },
    { name: lib, content: folder({ bin: folder({ sh: link('bash') }) }) },
  ])
  const tools = join(home, 's')
  const made = await materialise(store, closure, { tools })
  assert.is(made.paths.length, 2)
  console.log(made, readdirSync(tools))
  console.log(readFileSync(join(made.main, 'bin/tool'), 'utf8'), readlinkSync(join(made.main, 'bin/alias')))
})
