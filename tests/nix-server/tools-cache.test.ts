import { generateKeyPairSync, sign } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError } from '../../base/index.ts'
import type { ToolServiceOptions } from '../../nix-server/tools/index.ts'
import { fingerprint, parseNarinfo } from '../../nix-server/tools/narinfo.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { catalogFlake, runNixTool } from './real-nix.ts'
import { removeFromNix, testService, writeTinyFlake } from './tool-service-fixture.ts'

const test = suite('nix-server: binary cache without Nix', { seconds: 300 })

const system = 'linux-x64'
// Names that no earlier run has built.
const salt = random().seed.toString(36)
const noNix = '/nowhere/nix'
const folder = temporaryFolder('cache')
const compressions = ['none', 'xz', 'zstd', 'gzip', 'br']

let publicKey = ''
/** A tool of the test catalog, and a small one of two store paths. */
let greet: Sample
let small: Sample

interface Sample {
  name: string
  /** Base name of its store path. */
  path: string
  /** What real Nix made of it. */
  closure: string
  catalog: string
  /** By compression. */
  caches: Record<string, string>
}

test.before(async () => {
  const key = ['--generate-binary-cache-key', 'zagi-test-1', join(folder, 'secret'), join(folder, 'public')]
  runNixTool('nix-store', key)
  publicKey = readFileSync(join(folder, 'public'), 'utf8').trim()
  greet = await makeSample(catalogFlake(), 'greet', ['xz', 'zstd'])
  const flake = join(temporaryFolder('flake'), 'tiny')
  const text = Array.from({ length: 4000 }, (_, line) => `${line * 7919} ${salt}`).join(' ')
  writeTinyFlake(flake, {
    lib: { '1': `mkdir $out; echo ${text} > $out/text` },
    say: { '1.0': 'mkdir -p $out/bin; echo "#!/bin/sh\ncat @lib@/text" > $out/bin/say; chmod +x $out/bin/say' },
  })
  const file = join(flake, 'flake.nix')
  writeFileSync(file, readFileSync(file, 'utf8').replace('@lib@', '${packages.lib_1}'))
  small = await makeSample(`path:${flake}`, 'say', compressions)
})

test.after(() => removeFromNix([`/nix/store/${small.path}`]))

async function makeSample(flake: string, name: string, compressions: string[]): Promise<Sample> {
  const { tools } = testService({ catalog: flake })
  const { path, closure } = await tools.realise({ name, version: '1.0', system })
  const caches: Record<string, string> = {}
  for (const compression of compressions) {
    caches[compression] = join(folder, name, compression)
    const options = `compression=${compression}&compression-level=1&secret-key=${join(folder, 'secret')}`
    runNixTool('nix', ['copy', '--to', `file://${caches[compression]}?${options}`, `/nix/store/${path}`])
  }
  const catalog = join(folder, name, 'catalog.json')
  writeFileSync(catalog, runNixTool('nix', ['eval', '--json', `${flake}#catalog`]))
  return { name, path, closure: closure.id, catalog, caches }
}

/** A service without Nix over a cache. */
function cacheService(url: string, keys = [publicKey], options: Partial<ToolServiceOptions> = {}) {
  return testService({ catalog: small.catalog, nixProgram: noNix, cache: { url, keys }, ...options })
}

const request = { name: 'say', version: '1.0', system } as const

async function refusedWith(code: ErrorCode, service: ReturnType<typeof cacheService>, what: string): Promise<Error> {
  const error = await service.tools.realise(request).then(
    () => assert.unreachable(`${what}: accepted`) as never,
    (error) => error,
  )
  assert.ok(isZagiError(error, code), `${what}: ${error}`)
  assert.is(service.store.stats().chunks, 0, `${what}: something was kept`)
  return error
}

test('a cache gives what Nix gives, whatever it compresses with', async () => {
  for (const sample of [greet, small]) {
    for (const [compression, cache] of Object.entries(sample.caches)) {
      const { tools, store } = cacheService(`file://${cache}`, [publicKey], {
        catalog: sample.catalog,
      })
      const [resolved] = await tools.resolve([sample.name], system)
      assert.equal(resolved, { request: sample.name, name: sample.name, version: '1.0' })
      const tool = await tools.realise({ name: sample.name, version: '1.0', system })
      assert.is(tool.closure.id, sample.closure, compression)
      assert.ok(store.reachable(tool.roots).size > 0)
    }
  }
})

test('what is known is not fetched again', async () => {
  const { tools, log } = cacheService(`file://${small.caches['zstd']!}`)
  await tools.realise(request)
  await tools.realise(request)
  assert.match(log.at(-1)!, /2 store paths, 0 read/)
})

test('a changed narinfo is refused', async () => {
  const other = makeKey('zagi-test-1')
  const changes: [ErrorCode, string, (text: string) => string][] = [
    ['SIGNATURE_BAD', 'signature taken away', (text) => text.replace(/Sig: .*\n/, '')],
    ['SIGNATURE_BAD', 'signed by another key', (text) => other.resign(text)],
    [
      'SIGNATURE_BAD',
      'another NAR hash',
      (text) =>
        text.replace(/NarHash: sha256:../, (found) => `${found.slice(0, -1)}${found.endsWith('1') ? '2' : '1'}`),
    ],
    [
      'SIGNATURE_BAD',
      'another size',
      (text) => text.replace(/NarSize: (\d+)/, (_, size) => `NarSize: ${Number(size) + 8}`),
    ],
    ['SIGNATURE_BAD', 'fewer references', (text) => text.replace(/References: .*/, 'References: ')],
    ['NARINFO_BAD', 'another path', (text) => text.replace('-say-1.0', '-say-1.1')],
    ['NARINFO_BAD', 'a path outside', (text) => text.replace('/nix/store/', '/gnu/store/')],
    ['NARINFO_BAD', 'an unsupported compression', (text) => text.replace('Compression: zstd', 'Compression: lzip')],
    ['NARINFO_BAD', 'an address outside', (text) => text.replace(/URL: .*/, 'URL: ../../etc/passwd')],
    ['NARINFO_BAD', 'nothing', () => ''],
  ]
  for (const [code, what, change] of changes) await refusedWith(code, changedNarinfo(change), what)
})

test('a flipped bit in a narinfo is refused or means nothing', async () => {
  const { seed, below } = random()
  for (let round = 0; round < 30; round++) {
    const service = changedNarinfo((text) => {
      const bytes = Buffer.from(text, 'latin1')
      bytes[below(bytes.length)]! ^= 1 << below(7)
      return bytes.toString('latin1')
    })
    try {
      assert.is((await service.tools.realise(request)).closure.id, small.closure, `seed ${seed}, round ${round}`)
    } catch (error) {
      const codes: ErrorCode[] = ['NARINFO_BAD', 'SIGNATURE_BAD', 'NAR_BAD', 'TOOL_FAILED']
      assert.ok(
        codes.some((code) => isZagiError(error, code)),
        `seed ${seed}, round ${round}: ${error}`,
      )
    }
  }
})

/** A service over a copy of the cache in which the tool's narinfo was changed. */
function changedNarinfo(change: (text: string) => string) {
  const copy = copyOf('zstd')
  const file = join(copy, `${small.path.slice(0, 32)}.narinfo`)
  const text = readFileSync(file, 'latin1')
  const changed = change(text)
  assert.is.not(changed, text)
  writeFileSync(file, changed, 'latin1')
  return cacheService(`file://${copy}`)
}

function copyOf(compression: string): string {
  const copy = temporaryFolder('copy')
  cpSync(small.caches[compression]!, copy, { recursive: true })
  return copy
}

function makeKey(name: string) {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    resign(text: string): string {
      const message = fingerprint(parseNarinfo(Buffer.from(text), 'test'))
      const signature = sign(null, Buffer.from(message), privateKey).toString('base64')
      return text.replace(/Sig: .*/, `Sig: ${name}:${signature}`)
    },
  }
}

test('a flipped byte in a NAR is refused', async () => {
  const { seed, below } = random()
  for (const compression of compressions) {
    for (let round = 0; round < 3; round++) {
      const copy = copyOf(compression)
      const file = narOf(copy)
      const bytes = readFileSync(file)
      bytes[below(bytes.length)]! ^= 1 << below(8)
      writeFileSync(file, bytes)
      await refusedWith('NAR_BAD', cacheService(`file://${copy}`), `${compression}, seed ${seed}, round ${round}`)
    }
  }
})

/** The file of the tool's own NAR. */
function narOf(cache: string): string {
  const text = readFileSync(join(cache, `${small.path.slice(0, 32)}.narinfo`), 'utf8')
  return join(cache, /URL: (.*)/.exec(text)![1]!)
}

test('a NAR of other bytes, a shortened and a lengthened one are refused', async () => {
  for (const compression of ['none', 'xz', 'zstd']) {
    const exchanged = copyOf(compression)
    const others = readdirSync(join(exchanged, 'nar')).map((name) => join(exchanged, 'nar', name))
    const other = others.find((file) => file !== narOf(exchanged))!
    writeFileSync(narOf(exchanged), readFileSync(other))
    await refusedWith('NAR_BAD', cacheService(`file://${exchanged}`), 'exchanged')
    for (const [what, change] of [
      ['shortened', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
      ['empty', () => Buffer.alloc(0)],
      ['lengthened', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(64)])],
    ] as const) {
      const copy = copyOf(compression)
      writeFileSync(narOf(copy), change(readFileSync(narOf(copy))))
      await refusedWith('NAR_BAD', cacheService(`file://${copy}`), `${compression} ${what}`)
    }
  }
})

test('wrong keys and missing files are told as such', async () => {
  const url = `file://${small.caches['xz']!}`
  const name = publicKey.split(':')[0]!
  const forged = `${name}:${Buffer.alloc(32, 7).toString('base64')}`
  await refusedWith('SIGNATURE_BAD', cacheService(url, [forged]), 'a key that did not sign')
  await refusedWith('SIGNATURE_BAD', cacheService(url, [publicKey.replace('zagi-test-1', 'other')]), 'another name')
  assert.throws(
    () => cacheService(url, []),
    (error: unknown) => isZagiError(error, 'SIGNATURE_BAD'),
  )
  assert.throws(
    () => cacheService('ftp://x', [publicKey]),
    (error: unknown) => isZagiError(error, 'USAGE'),
  )
  const noXz = await refusedWith(
    'MISSING_PROGRAM',
    cacheService(url, [publicKey], { environment: { PATH: '/nowhere' } }),
    'no xz',
  )
  assert.match(noXz.message, /"xz" is not installed/)
  const empty = await refusedWith('MISSING_PROGRAM', cacheService(`file://${temporaryFolder()}`), 'an empty cache')
  assert.match(empty.message, /nix/)
})

/** Serves a cache; `answer` may take a request over. */
async function serve(cache: string, answer: (request: IncomingMessage, response: ServerResponse) => boolean) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    if (answer(request, response)) return
    try {
      response.end(readFileSync(join(cache, request.url!.replace('/cache/', ''))))
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A test that fails must not keep the process.
  server.unref()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cache/`
  return { url, asked, close: () => new Promise((resolve) => server.close(resolve)) }
}

test('a cache is read over HTTP, and a cut answer is asked for again', async () => {
  let cuts = 0
  const cache = small.caches['zstd']!
  const served = await serve(cache, (request, response) => {
    if (!request.url!.includes('/nar/') || cuts >= 2) return false
    cuts++
    const bytes = readFileSync(join(cache, request.url!.replace('/cache/', '')))
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
    return true
  })
  const { tools } = cacheService(served.url)
  assert.is((await tools.realise(request)).closure.id, small.closure)
  assert.is(cuts, 2)
  await served.close()
})

test('a server that cuts every time, fails or is not there is told as such', async () => {
  const cutting = await serve(small.caches['zstd']!, (request, response) => {
    if (!request.url!.includes('/nar/')) return false
    const bytes = readFileSync(join(small.caches['zstd']!, request.url!.replace('/cache/', '')))
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, 40), () => response.destroy())
    return true
  })
  await refusedWith('SERVER_UNREACHABLE', cacheService(cutting.url), 'cut every time')
  assert.is(cutting.asked.filter((url) => url.includes('/nar/')).length, 3)
  await cutting.close()
  await refusedWith('SERVER_UNREACHABLE', cacheService(cutting.url), 'closed')
  const failing = await serve('', (_, response) => {
    response.writeHead(500).end('no')
    return true
  })
  await refusedWith('SERVER_FAILED', cacheService(failing.url), 'failing')
  await failing.close()
})

test('a body without end is given up', async () => {
  for (const [code, part] of [
    ['NARINFO_BAD', '.narinfo'],
    ['NAR_BAD', '/nar/'],
  ] as const) {
    const endless = await serve(small.caches['none']!, (request, response) => {
      if (!request.url!.includes(part)) return false
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 16, 'a')));
        response.once('drain', more)
      }
      more()
      return true
    })
    await refusedWith(code, cacheService(endless.url), part)
    await endless.close()
  }
})

test('with Nix, the cache is a substituter, and its signatures count just as much', async () => {
  const withNix = (keys: string[]) =>
    testService({ catalog: small.catalog, cache: { url: `file://${small.caches['zstd']}`, keys } })
  removeFromNix([`/nix/store/${small.path}`])
  const forged = `zagi-test-1:${Buffer.alloc(32, 7).toString('base64')}`
  const error = await withNix([forged])
    .tools.realise(request)
    .catch((error) => error)
  assert.ok(isZagiError(error, 'SIGNATURE_BAD'), String(error))
  assert.is((await withNix([publicKey]).tools.realise(request)).closure.id, small.closure)
  runNixTool('nix-store', ['--check-validity', `/nix/store/${small.path}`])
})
