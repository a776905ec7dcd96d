import { chmodSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError, type Progress, ZagiError } from '../../base/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { catalogFlake, runNixTool } from './real-nix.ts'
import { hashFromStore, removeFromNix, testService, writeTinyFlake } from './tool-service-fixture.ts'

const test = suite('nix-server: tools with real Nix', { seconds: 600 })

const system = 'linux-x64'
// Names that no earlier run has built.
const salt = random().seed.toString(36)
const made: string[] = []

test.after(() => removeFromNix(made))

/** A service over a flake of tiny tools. */
function tinyService(tools: Record<string, Record<string, string>>, options = {}) {
  const flake = join(temporaryFolder('flake'), 'tiny')
  const service = testService({ catalog: writeTinyFlake(flake, tools), ...options })
  return { ...service, flake }
}

async function errorOf(promise: Promise<unknown>): Promise<ZagiError> {
  const error = await promise.then(
    () => assert.unreachable('nothing was thrown') as never,
    (error) => error,
  )
  assert.instance(error, ZagiError, String(error))
  return error
}

test('requests are resolved with the catalog of a flake', async () => {
  // A folder will do, also a relative one.
  const { tools } = testService({ catalog: relative('', catalogFlake().replace('path:', '')) })
  assert.equal(await tools.resolve(['node@22', 'redis', 'python@3.11', 'node@22.9'], system), [
    { request: 'node@22', name: 'node', version: '22.23.3' },
    { request: 'redis', name: 'redis', version: '7.0.15' },
    { request: 'python@3.11', name: 'python', version: '3.11.2' },
    { request: 'node@22.9', name: 'node', version: '22.9.0' },
  ])
  const unknown = await errorOf(tools.resolve(['nodejs@22'], system))
  assert.is(unknown.code, 'TOOL_UNKNOWN')
  assert.is(unknown.hint, 'Did you mean node?')
  assert.is((await errorOf(tools.resolve(['node@23'], system))).code, 'VERSION_UNKNOWN')
  assert.is((await errorOf(tools.resolve(['node'], 'darwin-arm64'))).code, 'TOOL_UNKNOWN')
  const [found] = await tools.search('node', system)
  assert.equal(found, { name: 'node', versions: ['22.23.3', '22.9.0'], description: 'JavaScript runtime, with npm' })
})

test('node and redis come into the store whole, and two versions share', async () => {
  const { tools, store, log, closureOf } = testService({ catalog: catalogFlake() })
  const phases = new Set<string>()
  const onProgress = (progress: Progress) => phases.add(progress.phase)
  const first = await tools.realise({ name: 'node', version: '22.9.0', system }, { onProgress })
  const firstStats = store.stats()
  const second = await tools.realise({ name: 'node', version: '22.23.3', system })
  const secondStats = store.stats()
  const redis = await tools.realise({ name: 'redis', version: '7.0.15', system })
  assert.ok(phases.has('Reading nodejs-22.9.0'), [...phases].join())
  assert.equal(second.bin, ['node', 'npm', 'npx'])
  assert.ok(redis.bin.includes('redis-server'))

  for (const tool of [second, redis]) {
    const closure = closureOf(tool)
    assert.is(closure.paths[closure.main]!.name, tool.path)
    const infos = JSON.parse(runNixTool('nix', ['path-info', '-r', '--json', `/nix/store/${tool.path}`]))
    assert.is(closure.paths.length, infos.length)
    for (const [at, path] of closure.paths.entries()) {
      // Out of the store, with references written back: what Nix has hashed.
      assert.is(hashFromStore(store, closure, at), path.narHash, path.name)
      const nix = runNixTool('nix-store', ['--query', '--hash', `/nix/store/${path.name}`]).trim()
      assert.is(path.narHash, nix)
    }
    assert.is(
      tool.files,
      closure.paths.reduce((sum, path) => sum + path.files, 0),
    )
    assert.is(
      tool.bytes,
      closure.paths.reduce((sum, path) => sum + path.bytes, 0),
    )
    assert.equal([...tool.roots.trees].sort(), [...new Set(closure.paths.map((path) => path.tree))].sort())
  }

  // glibc, gcc's libraries and npm are there already with the first.
  assert.ok(
    log.some((line) => /3 store paths, 1 read/.test(line)),
    log.join('\n'),
  )
  const added = secondStats.rawBytes - firstStats.rawBytes
  assert.ok(added < second.bytes * 0.65, `${added} of ${second.bytes} bytes were new`)
  console.log(
    `node 22.9.0: ${first.bytes} bytes, ${firstStats.rawBytes} stored before compression, ${firstStats.storedBytes} after;`,
    `22.23.3: ${second.bytes} bytes, ${added} more, ${secondStats.storedBytes - firstStats.storedBytes} more on disk`,
  )
})

test('builds that differ only in the hash of what they refer to are the same tree', async () => {
  const library = (text: string) => `mkdir -p $out/share; echo ${text} > $out/share/text`
  const flake = join(temporaryFolder('flake'), 'tiny')
  const script = (lib: string) =>
    `mkdir -p $out/bin; printf '#!/bin/sh\\ncat ${lib}/share/text\\n' > $out/bin/say; chmod +x $out/bin/say; ln -s ${lib}/share/text $out/text`
  writeTinyFlake(flake, {
    lib: { '1': library(`one-${salt}`), '2': library(`two-${salt}`) },
    say: { '1': script('@lib_1@'), '2': script('@lib_2@') },
  })
  const file = join(flake, 'flake.nix')
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replace(/@(lib_\d)@/g, '${packages.$1}')
      .replaceAll('lib-1', 'lib')
      .replaceAll('lib-2', 'lib'),
  )
  const { tools, closureOf } = testService({ catalog: `path:${flake}` })
  const say1 = await tools.realise({ name: 'say', version: '1', system })
  const say2 = await tools.realise({ name: 'say', version: '2', system })
  made.push(...[say1, say2].flatMap((tool) => closureOf(tool).paths.map(({ name }) => `/nix/store/${name}`)))
  const [one, two] = [closureOf(say1), closureOf(say2)]
  assert.is.not(one.paths[one.main]!.narHash, two.paths[two.main]!.narHash)
  assert.is(one.paths[one.main]!.tree, two.paths[two.main]!.tree)
})

test('requests for the same tool share one build', async () => {
  const { tools, log } = tinyService({ shared: { '1': `sleep 1; mkdir -p $out/bin; echo ${salt} > $out/bin/x` } })
  const both = [1, 2, 3].map(() => tools.realise({ name: 'shared', version: '1', system }))
  const [first, second, third] = await Promise.all(both)
  made.push(`/nix/store/${first!.path}`)
  assert.equal(first, second)
  assert.equal(first, third)
  assert.is(log.filter((line) => line.includes('building')).length, 1)
})

test('one who gives up leaves the others; the last one stops the build', async () => {
  const { tools } = tinyService({
    slow: { '1': `sleep 3; echo ${salt} > $out`, '2': `sleep 60; echo ${salt} > $out` },
  })
  const impatient = new AbortController()
  const left = errorOf(tools.realise({ name: 'slow', version: '1', system }, { signal: impatient.signal }))
  const stayed = tools.realise({ name: 'slow', version: '1', system })
  setTimeout(() => impatient.abort(), 500)
  assert.is((await left).code, 'INTERRUPTED')
  const { path } = await stayed
  made.push(`/nix/store/${path}`)

  const only = new AbortController()
  const alone = errorOf(tools.realise({ name: 'slow', version: '2', system }, { signal: only.signal }))
  setTimeout(() => only.abort(), 500)
  assert.is((await alone).code, 'INTERRUPTED')
  const closing = errorOf(tools.realise({ name: 'slow', version: '2', system }))
  setTimeout(() => tools.close(), 500)
  assert.is((await closing).code, 'INTERRUPTED')
})

test('a build that fails or takes too long says so with the end of its log', async () => {
  const { tools } = tinyService(
    { bad: { '1': `echo ${salt} first; echo the reason >&2; exit 3`, '2': `echo ${salt}; sleep 60` } },
    { buildMs: 3000 },
  )
  const failed = await errorOf(tools.realise({ name: 'bad', version: '1', system }))
  assert.is(failed.code, 'TOOL_FAILED')
  assert.match(failed.message, /the reason/)
  assert.not.match(failed.message, /@nix|\x1b/)
  const slow = await errorOf(tools.realise({ name: 'bad', version: '2', system }))
  assert.is(slow.code, 'TOOL_FAILED')
  assert.match(slow.message, /nix took longer than 3 s/)
})

test('a file, a link and odd programs are tools too', async () => {
  const { tools, store, closureOf } = tinyService({
    file: { '1': `echo ${salt} $out > $out` },
    link: { '1': `ln -s $out/${salt} $out` },
    odd: {
      '1': `mkdir -p $out/real/bin; cd $out/real/bin; ln -s real/bin $out/bin; echo ${salt} > run; chmod +x run; ln -s run alias
ln -s /nix/store/elsewhere outside; ln -s missing dangling; echo > data; echo > .hidden; chmod +x .hidden; mkdir folder; ln -s $out/bin/run absolute`,
    },
  })
  for (const name of ['file', 'link', 'odd']) {
    const tool = await tools.realise({ name, version: '1', system })
    made.push(`/nix/store/${tool.path}`)
    const closure = closureOf(tool)
    assert.is(closure.paths[0]!.kind, name === 'odd' ? 'folder' : 'single')
    assert.is(hashFromStore(store, closure, 0), closure.paths[0]!.narHash)
    assert.equal(tool.bin, name === 'odd' ? ['absolute', 'alias', 'outside', 'run'] : [])
  }
})

test('a damaged store path is refused, and nothing of it is kept', async () => {
  const { tools, store } = tinyService({ damaged: { '1': `mkdir $out; echo ${salt} > $out/file` } })
  const { path } = await tools.realise({ name: 'damaged', version: '1', system })
  made.push(`/nix/store/${path}`)
  const file = `/nix/store/${path}/file`
  chmodSync(file, 0o644)
  writeFileSync(file, 'something else')
  const fresh = testService({ catalog: tinyAddress(path) })
  const error = await errorOf(fresh.tools.realise({ name: 'damaged', version: '1', system }))
  assert.is(error.code, 'NAR_BAD')
  assert.is(fresh.store.stats().chunks, 0)
  assert.ok(store.stats().chunks > 0)
})

/** A catalog file with one store path and nothing to build it from. */
function tinyAddress(path: string): string {
  const file = join(temporaryFolder('catalog'), 'catalog.json')
  writeFileSync(file, JSON.stringify({ 'x86_64-linux': { damaged: { '1': { out: `/nix/store/${path}` } } } }))
  return file
}

test('a cache that is down does not keep the server from building', async () => {
  const key = Buffer.alloc(32, 7).toString('base64')
  const cache = { url: 'http://127.0.0.1:1/', keys: [`down-1:${key}`] }
  const { tools, log } = tinyService({ down: { '1': `echo ${salt} > $out` } }, { cache })
  const { path } = await tools.realise({ name: 'down', version: '1', system })
  made.push(`/nix/store/${path}`)
  assert.ok(
    log.some((line) => line.includes('does not answer')),
    log.join('\n'),
  )
})

test('a store that lost chunks is filled again', async () => {
  const tools = {
    lost: { '1': `mkdir -p $out/bin; head -c 300000 /dev/urandom > $out/data; echo ${salt} > $out/bin/x` },
  }
  const first = tinyService(tools)
  const tool = await first.tools.realise({ name: 'lost', version: '1', system })
  made.push(`/nix/store/${tool.path}`)
  first.store.close()
  // The largest pack has the content; trees and tables are in another one.
  const packs = globSync(join(first.folder, 'store/packs/*/*.pack')).sort((a, b) => statSync(b).size - statSync(a).size)
  rmSync(packs[0]!)
  rmSync(join(first.folder, 'store/index'), { recursive: true, force: true })
  const again = testService({ folder: first.folder, catalog: `path:${first.flake}` })
  const healed = await again.tools.realise({ name: 'lost', version: '1', system })
  assert.is(healed.closure.id, tool.closure.id)
  const closure = again.closureOf(healed)
  assert.is(hashFromStore(again.store, closure, closure.main), closure.paths[closure.main]!.narHash)
  assert.ok(
    packs.length === 1 || again.log.some((line) => line.includes('reading everything again')),
    again.log.join('\n'),
  )
})

test('what is nowhere to be had is told as such', async () => {
  const { tools } = testService({ catalog: tinyAddress('0123456789abcdfghijklmnpqrsvwxyz-nowhere') })
  const error = await errorOf(tools.realise({ name: 'damaged', version: '1', system }))
  assert.is(error.code, 'TOOL_FAILED')
  assert.match(error.message, /nowhere to be had/)
  const without = testService({
    catalog: tinyAddress('0123456789abcdfghijklmnpqrsvwxyz-nowhere'),
    nixProgram: '/nowhere/nix',
  })
  const missing = await errorOf(without.tools.realise({ name: 'damaged', version: '1', system }))
  assert.is(missing.code, 'MISSING_PROGRAM')
  assert.is((await errorOf(without.tools.realise({ name: 'damaged', version: '../1', system }))).code, 'BAD_NAME')
})

test('a changed flake is evaluated again, a broken one leaves what there was', async () => {
  const flake = join(temporaryFolder('flake'), 'tiny')
  const { flakeCatalog } = await import('../../nix-server/tools/flake-catalog.ts')
  const log: string[] = []
  writeTinyFlake(flake, { tool: { '1.0': 'true' } })
  const nix = { program: 'nix', environment: process.env }
  const catalog = flakeCatalog({ nix, flake: `path:${flake}`, log: (line) => log.push(line), checkMs: 0 })
  assert.is((await catalog.choose('tool', undefined, system)).version, '1.0')
  writeTinyFlake(flake, { tool: { '1.0': 'true', '1.1': 'true' } })
  assert.is((await catalog.choose('tool', undefined, system)).version, '1.1')
  writeFileSync(join(flake, 'flake.nix'), '{ outputs = broken')
  assert.is((await catalog.choose('tool', undefined, system)).version, '1.1')
  assert.ok(log.some((line) => line.includes('kept as it was')))
  const fresh = flakeCatalog({ nix, flake: `path:${flake}`, log: () => undefined })
  assert.ok(isZagiError(await errorOf(fresh.choose('tool', undefined, system)), 'TOOL_FAILED'))
})
