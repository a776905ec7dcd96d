import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError, type Progress } from '../../base/index.ts'
import { installedTools, materialise } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { startChild } from './child.ts'
import { bigFile, hook, lib, sample, tool } from './sample-closure.ts'
import { folder, original, type SyntheticPath, syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: materialise')

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8)
}

function everything(path: string): string[] {
  const found = lstatSync(path)
  if (!found.isDirectory()) return [path]
  return [path, ...readdirSync(path).flatMap((name) => everything(join(path, name)))]
}

test('a closure becomes folders whose references point at each other', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const tools = join(home, 's')
  const made = await materialise(store, closure, { tools })
  assert.equal(
    made.paths.map((path) => path.name),
    [tool, lib, hook].sort(),
  )
  const folderOf = (name: string) => made.paths.find((path) => path.name === name)!.folder
  assert.is(made.main, folderOf(tool))
  for (const { name, folder } of made.paths)
    assert.ok(folder.startsWith(`${tools}/`) && folder.endsWith(name.slice(20)))
  assert.is(execFileSync(join(made.main, 'bin/tool'), { encoding: 'utf8' }), `hooked ${made.main}/share library\n`)
  assert.is(readlinkSync(join(made.main, 'bin/alias')), join(made.main, 'bin/tool'))
  assert.is(readFileSync(join(made.main, 'self'), 'utf8'), made.main)
  assert.is(readFileSync(join(made.main, 'share/utf16.txt'), 'utf16le'), folderOf(lib))
  assert.is(readFileSync(join(made.main, 'share/a.txt'), 'utf8'), 'no references')
  assert.ok(readFileSync(join(made.main, 'share/big')).equals(bigFile(folderOf(lib), made.main)))
  assert.ok(lstatSync(folderOf(hook)).isFile())
  assert.equal(
    installedTools(tools).sort((a, b) => (a.name < b.name ? -1 : 1)),
    made.paths.map(({ folder, name }) => ({ folder, name })),
  )
})

test('modes and times are those of a Nix store, whatever the umask', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const umask = process.umask(0o077)
  const made = await materialise(store, closure, { tools: join(home, 's') }).finally(() => process.umask(umask))
  for (const path of made.paths.flatMap(({ folder }) => everything(folder))) {
    const found = lstatSync(path)
    assert.is(found.mtimeMs, 1000, path)
    if (!found.isSymbolicLink()) assert.ok(['444', '555'].includes(modeOf(path)), `${path} ${modeOf(path)}`)
  }
  assert.is(modeOf(made.main), '555')
  assert.is(modeOf(join(made.main, 'bin/tool')), '555')
  assert.is(modeOf(join(made.main, 'share/a.txt')), '444')
})

test('what is there is left alone, what is damaged is made again', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const tools = join(home, 's')
  const { main } = await materialise(store, closure, { tools })
  const inode = statSync(main).ino
  const phases: Progress[] = []
  assert.is((await materialise(store, closure, { tools, onProgress: (progress) => phases.push(progress) })).main, main)
  assert.is(statSync(main).ino, inode)
  assert.equal(phases, [])
  // Root can do this, and an ordinary user after chmod.
  chmodSync(main, 0o755)
  rmSync(join(main, 'self'))
  await materialise(store, closure, { tools, onProgress: (progress) => phases.push(progress) })
  assert.is.not(statSync(main).ino, inode)
  assert.is(readFileSync(join(main, 'self'), 'utf8'), main)
  assert.is(phases.at(-1)!.done, phases.at(-1)!.total)
  chmodSync(join(main, 'bin'), 0o755)
  rmSync(join(main, 'bin', 'tool'))
  await materialise(store, closure, { tools })
  assert.ok(lstatSync(join(main, 'bin', 'tool')).isFile())
  assert.equal(
    readdirSync(tools).filter((name) => name.startsWith('.tmp-')),
    [],
  )
})

test('remains of killed processes are cleared away after a day, and no sooner', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const tools = join(home, 's')
  mkdirSync(join(tools, '.tmp-fresh', 'x'), { recursive: true })
  chmodSync(join(tools, '.tmp-fresh', 'x'), 0o555)
  utimesSync(join(tools, '.tmp-fresh'), 1, 1)
  await materialise(store, closure, { tools })
  assert.ok(
    readdirSync(tools).includes('.tmp-fresh'),
    'its time is that of a finished folder, but it was changed just now',
  )
})

test('two builds of one path that differ in bytes live side by side, each with its own dependents', async () => {
  const tools = join(temporaryFolder('m'), 's')
  const make = async (word: string) => {
    const paths = sample()
    paths[1] = { name: lib, content: folder({ word: `${word}\n` }), narHash: `sha256:${word[0]!.repeat(52)}` }
    const { store, closure } = await syntheticStore(temporaryFolder('m'), paths)
    return materialise(store, closure, { tools })
  }
  const first = await make('apple')
  const second = await make('banana')
  const again = await make('apple')
  assert.is(again.main, first.main)
  assert.is.not(second.main, first.main)
  assert.match(execFileSync(join(first.main, 'bin/tool'), { encoding: 'utf8' }), 'apple')
  assert.match(execFileSync(join(second.main, 'bin/tool'), { encoding: 'utf8' }), 'banana')
  const hookOf = (made: typeof first) => made.paths.find(({ name }) => name === hook)!.folder
  assert.is(hookOf(first), hookOf(second), 'what does not depend on it is shared')
  assert.is(installedTools(tools).length, 5)
})

test('paths with the same tail and name, in one closure', async () => {
  const home = temporaryFolder('m')
  const twin = `${'0'.repeat(8)}${lib.slice(8)}`
  const paths: SyntheticPath[] = [
    { name: tool, references: [lib, twin], content: folder({ a: original(lib), b: original(twin) }) },
    { name: lib, content: folder({ word: 'one' }) },
    { name: twin, content: folder({ word: 'two' }) },
  ]
  const { store, closure } = await syntheticStore(home, paths)
  const { main } = await materialise(store, closure, { tools: join(home, 's') })
  const word = (name: string) => readFileSync(join(readFileSync(join(main, name), 'utf8'), 'word'), 'utf8')
  assert.equal([word('a'), word('b')], ['one', 'two'])
})

test('a folder that is not ours is not touched', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const probe = await materialise(store, closure, { tools: join(home, 's') })
  const moved = join(home, 's', 'x')
  renameSync(probe.main, moved)
  rmSync(join(home, 's', '.meta', probe.main.slice(join(home, 's').length + 1)))
  mkdirSync(probe.main)
  writeFileSync(join(probe.main, 'mine'), 'mine')
  const made = await materialise(store, closure, { tools: join(home, 's') })
  assert.is.not(made.main, probe.main)
  assert.is(readFileSync(join(probe.main, 'mine'), 'utf8'), 'mine')
  assert.match(execFileSync(join(made.main, 'bin/tool'), { encoding: 'utf8' }), made.main)
})

test('stops when it is told to, and leaves nothing behind', async () => {
  const home = temporaryFolder('m')
  const many = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`f${i}`, `file ${i}\n`]))
  const { store, closure } = await syntheticStore(home, [{ name: tool, content: folder(many) }])
  const tools = join(home, 's')
  const abort = new AbortController()
  const started = materialise(store, closure, { tools, signal: abort.signal, onProgress: () => abort.abort() })
  try {
    await started
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'INTERRUPTED'), String(error))
  }
  assert.equal(readdirSync(tools), ['.meta'])
})

test('an ordinary user can make, repair and use tools', async () => {
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  const user = process.getuid!() === 0 ? 1000 : process.getuid!()
  if (user === 1000) execFileSync('chown', ['-R', '1000:1000', home])
  const run = () => {
    const work = { store: store.folder, closure, place: { tools: join(home, 's') } }
    return startChild({ materialise: work }, process.getuid!() === 0 ? user : undefined).end
  }
  const first = await run()
  assert.is(first.status, 0, first.output)
  const main = first.output.trim()
  assert.is(statSync(main).uid, user)
  chmodSync(main, 0o755)
  rmSync(join(main, 'self'))
  chmodSync(main, 0o555)
  const second = await run()
  assert.is(second.status, 0, second.output)
  assert.is(readFileSync(join(main, 'self'), 'utf8'), main)
})
