import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { activation, linkEnvironment, materialise } from '../../envs/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { startChild } from './child.ts'
import { bigFile, lib, sample } from './sample-closure.ts'
import { folder, storeNameOf, syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: crashes and many processes', { seconds: 180 })

/** Asserts that a finished tool is all there. */
function assertWhole(main: string, libFolder: string): void {
  assert.is(execFileSync(join(main, 'bin/tool'), { encoding: 'utf8' }), `hooked ${main}/share library\n`)
  assert.ok(readFileSync(join(main, 'share/big')).equals(bigFile(libFolder, main)))
  assert.is(readlinkSync(join(main, 'bin/alias')), join(main, 'bin/tool'))
}

const points = ['file:written', 'file:renamed', 'tool:temporary', 'tool:renamed']

for (const point of points) {
  for (const time of [1, 2, 3]) {
    test(`killed at ${point}, time ${time}: what is there is whole, and the same command ends well`, async () => {
      const home = temporaryFolder('crash')
      const { store, closure } = await syntheticStore(home, sample())
      const place = { tools: join(home, 's') }
      const { end } = startChild({ crash: `${point}#${time}`, materialise: { store: store.folder, closure, place } })
      assert.is((await end).signal, 'SIGKILL')
      const finished = existsSync(place.tools) ? readdirSync(place.tools).filter((name) => !name.startsWith('.')) : []
      assert.ok(finished.length <= time)
      const made = await materialise(store, closure, place)
      assertWhole(made.main, made.paths.find(({ name }) => name === lib)!.folder)
    })
  }
}

test('killed at any moment', async () => {
  const { seed, below } = random()
  const home = temporaryFolder('crash')
  const files = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`f${i}`, `file ${i}`]))
  const extra = { name: storeNameOf('many'), content: folder(files) }
  const paths = sample()
  paths[0]!.references!.push(extra.name)
  const { store, closure } = await syntheticStore(home, [...paths, extra])
  const place = { tools: join(home, 's') }
  for (let round = 0; round < 8; round++) {
    const { child, end } = startChild({ materialise: { store: store.folder, closure, place } })
    await delay(150 + below(400))
    child.kill('SIGKILL')
    await end
    const names = existsSync(place.tools) ? readdirSync(place.tools) : []
    const many = names.find((name) => name.endsWith('-many') && !name.startsWith('.'))
    if (many)
      assert.is(readdirSync(join(place.tools, many)).length, 1500, `seed ${seed}: a folder that is there is whole`)
  }
  const made = await materialise(store, closure, place)
  assertWhole(made.main, made.paths.find(({ name }) => name === lib)!.folder)
})

test('several processes at once make one set of folders', async () => {
  const home = temporaryFolder('crash')
  const { store, closure } = await syntheticStore(home, sample())
  const place = { tools: join(home, 's') }
  const work = { materialise: { store: store.folder, closure, place } }
  const ends = await Promise.all(Array.from({ length: 6 }, () => startChild(work).end))
  for (const { status, output } of ends) assert.is(status, 0, output)
  assert.is(new Set(ends.map(({ output }) => output)).size, 1)
  assert.is(readdirSync(place.tools).filter((name) => !name.startsWith('.')).length, 3)
  assert.equal(
    readdirSync(place.tools).filter((name) => name.startsWith('.tmp')),
    [],
  )
  const main = ends[0]!.output.trim()
  assertWhole(main, (await materialise(store, closure, place)).paths.find(({ name }) => name === lib)!.folder)
})

test('several processes with different bytes for the same paths do not mix them', async () => {
  const home = temporaryFolder('crash')
  const place = { tools: join(home, 's') }
  const words = ['apple', 'banana', 'cherry', 'dates']
  const works = await Promise.all(
    words.map(async (word) => {
      const paths = sample()
      paths[1] = { name: lib, content: folder({ word: `${word}\n` }) }
      const { store, closure } = await syntheticStore(temporaryFolder('crash'), paths)
      return { materialise: { store: store.folder, closure, place } }
    }),
  )
  const ends = await Promise.all([...works, ...works].map((work) => startChild(work).end))
  for (const [at, { status, output }] of ends.entries()) {
    assert.is(status, 0, output)
    assert.match(execFileSync(join(output.trim(), 'bin/tool'), { encoding: 'utf8' }), words[at % words.length]!)
  }
  assert.is(new Set(ends.map(({ output }) => output)).size, words.length)
})

for (const point of ['file:written', 'file:renamed', 'env:linked']) {
  test(`linking killed at ${point}: the old environment or the new one`, async () => {
    const project = temporaryFolder('crash')
    mkdirSync(join(project, '.zagi'))
    const tool = (name: string, version: string) => ({ name, version, folder: `/tools/${name}`, bin: [name] })
    linkEnvironment(project, [tool('node', '1'), tool('npm', '1')])
    const before = activation(project)!
    const tools = [tool('node', '2'), tool('go', '2')]
    const { signal } = await startChild({ crash: point, link: { project, tools } }).end
    assert.is(signal, 'SIGKILL')
    const bin = readdirSync(join(project, '.zagi/env/bin')).join()
    const after = activation(project)!
    if (after.stamp === before.stamp) assert.is(bin, 'node,npm')
    else assert.is(bin, 'go,node')
    linkEnvironment(project, tools)
    assert.is(readdirSync(join(project, '.zagi/env/bin')).join(), 'go,node')
    assert.is(readlinkSync(join(project, '.zagi/env/node/2')), '/tools/node')
    assert.ok(activation(project)!.set['GOPATH'])
  })
}
