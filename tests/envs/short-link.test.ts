import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { activation, installedTools, linkEnvironment, materialise } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { sample } from './sample-closure.ts'
import { syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: homes that are too long')

/** A tools folder whose path does not fit, and short folders that stand for /run/user/1000 and /tmp. */
async function longHome() {
  const home = temporaryFolder('long')
  const { store, closure } = await syntheticStore(home, sample())
  const short = mkdtempSync('/tmp/z')
  process.on('exit', () => rmSync(short, { recursive: true, force: true }))
  const runtime = join(short, 'r')
  const temporary = join(short, 't')
  mkdirSync(runtime, { mode: 0o700 })
  mkdirSync(temporary)
  chmodSync(temporary, 0o1777)
  const tools = join(home, 'a folder with a very long name', 's')
  return { store, closure, place: { tools, runtime, temporary } }
}

function assertWorks(main: string): string {
  const said = execFileSync(join(main, 'bin/tool'), { encoding: 'utf8' })
  assert.match(said, /^hooked .* library\n$/)
  return said.split(' ')[1]!
}

test('a short link in the runtime folder takes the place of the path', async () => {
  const { store, closure, place } = await longHome()
  const { main } = await materialise(store, closure, place)
  assert.ok(main.startsWith(place.tools))
  const said = assertWorks(main)
  assert.ok(said.startsWith(`${place.runtime}/zagi/`), said)
  assert.is(readFileSync(join(place.tools, '.prefix'), 'utf8').trim(), said.split('/').slice(0, -2).join('/'))
  assert.is((await materialise(store, closure, place)).main, main)
})

test('without a runtime folder it lies in a private folder in /tmp', async () => {
  const { store, closure, place } = await longHome()
  const { tools, temporary } = place
  const { main } = await materialise(store, closure, { tools, temporary })
  const said = assertWorks(main)
  assert.ok(said.startsWith(`${temporary}/zagi-${process.getuid!()}/`), said)
  assert.is(lstatSync(join(temporary, `zagi-${process.getuid!()}`)).mode & 0o777, 0o700)
  // Later there is a runtime folder: what was chosen stays.
  assert.is(assertWorks((await materialise(store, closure, place)).main), said)
})

test('after a restart every use makes the link again', async () => {
  const { store, closure, place } = await longHome()
  const { main } = await materialise(store, closure, place)
  const project = temporaryFolder('long')
  mkdirSync(join(project, '.zagi'))
  const tools = [{ name: 'tool', version: '2', folder: main, bin: ['tool'] }]
  const forget = () => rmSync(join(place.runtime, 'zagi'), { recursive: true })
  forget()
  linkEnvironment(project, tools)
  assertWorks(main)
  forget()
  activation(project)
  assertWorks(main)
  forget()
  await materialise(store, closure, place)
  assertWorks(main)
  const vars = readFileSync(join(project, '.zagi/env/vars'), 'utf8')
  assert.match(vars, `short=${readFileSync(join(place.tools, '.prefix'), 'utf8')}`)
})

test("somebody else's folder, an open folder, or a link to elsewhere is not used", async () => {
  const { store, closure, place } = await longHome()
  const plain = join(place.temporary, `zagi-${process.getuid!()}`)
  mkdirSync(plain)
  chmodSync(plain, 0o777)
  const { tools, temporary } = place
  const { main } = await materialise(store, closure, { tools, temporary })
  const said = assertWorks(main)
  assert.not.ok(said.startsWith(`${plain}/`), 'others may write there')
  assert.equal(readdirSync(plain), [])
  // The link that was chosen is taken by somebody else: another one is made, and other folders for it.
  const link = readFileSync(join(tools, '.prefix'), 'utf8').trim()
  rmSync(link)
  symlinkSync('/usr', link)
  const project = temporaryFolder('long')
  mkdirSync(join(project, '.zagi'))
  assert.throws(
    () => linkEnvironment(project, [{ name: 'tool', version: '2', folder: main, bin: ['tool'] }]),
    (error: unknown) => isZagiError(error, 'HOME_TOO_LONG'),
  )
  const again = await materialise(store, closure, { tools, temporary })
  assert.is.not(again.main, main)
  assert.not.ok(assertWorks(again.main).startsWith(link))
  assert.is(readlinkSync(link), '/usr')
  if (process.getuid!() === 0) {
    const other = await longHome()
    chownSync(other.place.runtime, 1000, 1000)
    const { main } = await materialise(other.store, other.closure, other.place)
    assert.ok(assertWorks(main).startsWith(other.place.temporary), 'the runtime folder of another user')
  }
})

test('a home that was moved: the link follows, or its tools are made anew', async () => {
  const { store, closure, place } = await longHome()
  const { main } = await materialise(store, closure, place)
  const moved = place.tools.replace('very long', 'very very long')
  mkdirSync(join(moved, '..'))
  renameSync(place.tools, moved)
  const made = await materialise(store, closure, { ...place, tools: moved })
  assert.is(made.main, main.replace('very long', 'very very long'))
  assertWorks(made.main)
})

test('where nothing short can be made it is said what to do', async () => {
  const { store, closure, place } = await longHome()
  rmSync(place.temporary, { recursive: true })
  const { tools, temporary } = place
  const error = await materialise(store, closure, { tools, temporary }).then(
    () => undefined,
    (error) => error,
  )
  assert.ok(isZagiError(error, 'HOME_TOO_LONG'), String(error))
  assert.match(error.message, 'bytes, at most 36 fit')
  assert.match(error.hint!, 'ZAGI_HOME')
  assert.equal(installedTools(tools), [])
})

test('a home with characters that paths in programs cannot have', async () => {
  const { store, closure, place } = await longHome()
  const short = mkdtempSync('/tmp/z')
  try {
    for (const name of ['a b', 'a:b', 'ä', 'a$b', "a'b"]) {
      const { main } = await materialise(store, closure, { ...place, tools: join(short, name) })
      assert.ok(assertWorks(main).startsWith(place.runtime), name)
    }
  } finally {
    execFileSync('chmod', ['-R', 'u+w', short])
    rmSync(short, { recursive: true })
  }
})
