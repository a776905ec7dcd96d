import { execFileSync, spawnSync } from 'node:child_process'
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
import { type ErrorCode, isZagiError, type Progress, thisSystem } from '../../base/index.ts'
import {
  type Closure,
  type ClosurePath,
  encodeClosure,
  encodeReferenceTables,
  type FileReferences,
  installedTools,
  materialise,
  type ReferenceTables,
} from '../../envs/index.ts'
import { openStore } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import {
  folder,
  link,
  original,
  program,
  type SyntheticPath,
  storeNameOf,
  syntheticStore,
} from './synthetic-closure.ts'

const test = suite('envs: materialise')

const lib = storeNameOf('lib-1')
const tool = storeNameOf('tool-2')
const hook = storeNameOf('hook.sh')

function sample(): SyntheticPath[] {
  const big = Buffer.from(random(7).bytes(400_000))
  big.write(`/nix/store/${lib}/big`, 65_530)
  big.write(`/nix/store/${tool}/big`, 399_900)
  return [
    {
      name: tool,
      references: [lib, hook],
      content: folder({
        bin: folder({
          tool: program(
            `#!/bin/sh\n. ${original(hook)}\necho $WORD ${original(tool)}/share $(cat ${original(lib)}/word)\n`,
          ),
          alias: link(`${original(tool)}/bin/tool`),
        }),
        share: folder({ 'a.txt': 'no references', empty: '', big, 'utf16.txt': Buffer.from(original(lib), 'utf16le') }),
        self: original(tool),
      }),
    },
    { name: lib, content: folder({ word: 'library\n', lib64: link('lib') }) },
    { name: hook, content: 'WORD=hooked\n' },
  ]
}

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
  const big = Buffer.from(random(7).bytes(400_000))
  big.write(`${folderOf(lib)}/big`, 65_530)
  big.write(`${made.main}/big`, 399_900)
  assert.ok(readFileSync(join(made.main, 'share/big')).equals(big))
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

const wrong = '0'.repeat(64)
const inTool = (change: (tables: ReferenceTables) => void): Change => ({
  tables: (tables, name) => {
    if (name === tool) change(tables)
  },
})
const inRecord = (change: (record: Closure) => void): Change => ({ closure: change })

const lies: [what: string, code: ErrorCode, change: Change][] = [
  ['a reference one byte further', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self']!.whole[0]![0] = 2))],
  ['far beyond the end', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self']!.whole[0]![0] = 1e12))],
  ['at the end', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/big']!.whole[1]![0] = 399_990))],
  ['in an empty file', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/empty'] = table([0, 0, 1])))],
  ['where there is none', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/a.txt'] = table([0, 0, 1])))],
  ['to a path that is not there', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self'] = table([1, 99, 1])))],
  ['in a file that is not there', 'TREE_CORRUPT', inTool(({ files }) => (files['../../up'] = table([0, 0, 1])))],
  ['in a link that is none', 'TREE_CORRUPT', inTool(({ links }) => (links['bin'] = [[1, 0]]))],
  ['more bytes', 'TREE_CORRUPT', inRecord(({ paths }) => (paths[0]!.bytes += 1))],
  ['fewer files', 'TREE_CORRUPT', inRecord(({ paths }) => (paths[0]!.files -= 1))],
  ['a folder that is a file', 'TREE_CORRUPT', inRecord(({ paths }) => flip(paths))],
  ['no such tree', 'CHUNK_MISSING', inRecord(({ paths }) => (paths[0]!.tree = wrong))],
  [
    'no such tables',
    'CHUNK_MISSING',
    inRecord(({ paths }) => (paths[1]!.tables = { id: wrong, size: 1, chunked: false })),
  ],
  ['a circle', 'MANIFEST_CORRUPT', inRecord(({ paths }) => paths.forEach((path) => (path.references = [0, 1, 2])))],
]

function table(...whole: FileReferences['whole']): FileReferences {
  return { whole, split: [] }
}

function flip(paths: ClosurePath[]): void {
  for (const path of paths) path.kind = path.kind === 'single' ? 'folder' : 'single'
}

for (const [what, code, change] of lies) {
  test(`records that lie are refused, and nothing is left behind: ${what}`, async () => {
    const home = temporaryFolder('m')
    const { store, closure } = await syntheticStore(home, sample(), change)
    const tools = join(home, 's')
    const error = await materialise(store, closure, { tools }).then(
      () => undefined,
      (error) => error,
    )
    assert.ok(isZagiError(error), String(error))
    assert.is(error.code, code, error.message)
    assert.equal(
      readdirSync(tools).filter((name) => name !== '.meta'),
      [],
    )
  })
}

test('a tree that repeats itself without end is cut off by its own totals', async () => {
  const home = temporaryFolder('m')
  const store = openStore(join(home, 'store'))
  const writer = store.writer()
  const base = { size: 0, chunked: false, target: '', shared: false, rewritten: false, mode: 0o555 }
  let id = writer.addTree({ entries: [], files: 0, bytes: 0, count: 0 })
  for (let level = 0; level < 40; level++) {
    const entries = ['a', 'b', 'c'].map((name) => ({ ...base, name, kind: 'tree' as const, id }))
    id = writer.addTree({ entries, files: 0, bytes: 0, count: 3 })
  }
  const tables = writer.addBlob(encodeReferenceTables({ version: 1, files: {}, links: {}, markers: {} }))
  const path = { name: tool, narHash: `sha256:${'0'.repeat(52)}`, narSize: 1, kind: 'folder' as const, tree: id }
  const paths = [{ ...path, references: [0], tables, files: 0, bytes: 0 }]
  const record = encodeClosure({ version: 1, system: thisSystem(), storeFolder: '/nix/store', main: 0, paths })
  const closure = writer.addBlob(record)
  await writer.finish()
  try {
    await materialise(store, closure, { tools: join(home, 's') })
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'TREE_CORRUPT'), String(error))
  }
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
  if (process.getuid?.() !== 0) return
  const home = temporaryFolder('m')
  const { store, closure } = await syntheticStore(home, sample())
  store.close()
  const child = join(home, 'child.mjs')
  writeFileSync(child, childScript(join(home, 'store'), closure, join(home, 's')))
  spawnSync('chown', ['-R', '1000:1000', home])
  const run = () =>
    spawnSync(process.execPath, [child], { uid: 1000, gid: 1000, encoding: 'utf8', env: { HOME: home } })
  const first = run()
  assert.is(first.status, 0, first.stderr)
  const main = first.stdout.trim()
  assert.is(statSync(main).uid, 1000)
  chmodSync(main, 0o755)
  rmSync(join(main, 'self'))
  utimesSync(main, 5, 5)
  chmodSync(main, 0o555)
  const second = run()
  assert.is(second.status, 0, second.stderr)
  assert.is(readFileSync(join(main, 'self'), 'utf8'), main)
})

function childScript(store: string, closure: object, tools: string): string {
  const at = (name: string) => JSON.stringify(join(import.meta.dirname, '../..', name, 'index.ts'))
  return `import { openStore } from ${at('store')}
import { materialise } from ${at('envs')}
const made = await materialise(openStore(${JSON.stringify(store)}), ${JSON.stringify(closure)}, { tools: ${JSON.stringify(tools)} })
console.log(made.main)
`
}
