import * as assert from 'uvu/assert'
import { parseByteRange } from '../../nix-server/byte-range.ts'
import { createLimiter } from '../../nix-server/limiter.ts'
import { checkKeyPrefix, parseObjectKey } from '../../nix-server/object-key.ts'
import { createRouter, type Route } from '../../nix-server/router.ts'
import { createServerLog } from '../../nix-server/server-log.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('nix-server: parts')

test('ranges', () => {
  const all = { kind: 'all' }
  const part = (start: number, length: number) => ({ kind: 'part', start, length })
  const none = { kind: 'unsatisfiable' }
  const cases: [string | undefined, object][] = [
    [undefined, all],
    ['bytes=0-0', part(0, 1)],
    ['bytes=0-99', part(0, 100)],
    ['bytes=90-200', part(90, 10)],
    ['bytes=99-', part(99, 1)],
    ['bytes=-1', part(99, 1)],
    ['bytes=-500', part(0, 100)],
    ['bytes=100-', none],
    ['bytes=100-200', none],
    ['bytes=-0', none],
    ['bytes=9-5', all],
    ['bytes=-', all],
    ['bytes=a-b', all],
    ['bytes=0-1,5-6', all],
    ['lines=0-1', all],
    ['bytes=99999999999999999-', all],
    ['bytes=0x1-2', all],
    ['bytes=1.5-2', all],
  ]
  for (const [header, expected] of cases) assert.equal(parseByteRange(header, 100), expected, header)
  assert.equal(parseByteRange('bytes=0-', 0), none)
  assert.equal(parseByteRange('bytes=-5', 0), none)
})

test('the keys there are', () => {
  const id = 'ab'.repeat(32)
  const sha = 'cd'.repeat(20)
  assert.is(parseObjectKey(`packs/ab/${id}.pack`).kind, 'pack')
  assert.is(parseObjectKey(`packs/ab/${id}.index`).kind, 'pack index')
  assert.is(parseObjectKey(`repos/demo/my-app/objects/pack/pack-${sha}.pack`).kind, 'git pack')
  assert.is(parseObjectKey(`repos/demo/my-app/objects/pack/pack-${sha}.idx`).kind, 'git index')
  assert.is(parseObjectKey(`repos/demo/my-app/manifests/${id}`).kind, 'manifest')
  assert.equal(parseObjectKey('repos/demo/my-app/refs'), {
    kind: 'refs',
    key: 'repos/demo/my-app/refs',
    repository: 'demo/my-app',
  })
})

test('every other key is refused', () => {
  const id = 'ab'.repeat(32)
  const bad = [
    '',
    'refs',
    'tokens.json',
    `packs/${id}.pack`,
    `packs/cd/${id}.pack`,
    `packs/ab/${id.toUpperCase()}.pack`,
    `packs/ab/${id}.pack/x`,
    `packs/ab/${id}.pack\n`,
    `packs/ab/../ab/${id}.pack`,
    `packs//ab/${id}.pack`,
    '../tokens.json',
    'repos/demo/../refs',
    'repos/../../refs',
    'repos/demo/refs',
    'repos/demo/.git/refs',
    'repos/demo/a..b/refs',
    'repos/demo/x.git/refs',
    'repos/demo/x.lock/refs',
    'repos/de mo/x/refs',
    'repos/demo/x/refs/heads/main',
    'repos/demo/x/refs\0',
    'repos/demo/x/objects/pack/pack-0.pack',
    `repos/demo/x/manifests/${id}.json`,
    'repos/demo/%2e%2e/refs',
  ]
  for (const key of bad) assert.throws(() => parseObjectKey(key), /is not a key/, JSON.stringify(key))
})

test('prefixes of listings', () => {
  for (const good of ['packs/', 'packs/ab/', 'repos/', 'repos/demo/', 'repos/demo/my-app/manifests/', 'repos/de']) {
    assert.is(checkKeyPrefix(good), good)
  }
  for (const bad of ['', '/', 'tokens', 'packs', 'packs/../', 'repos//', 'repos/.git/', 'repos/a\n', 'temporary/']) {
    assert.throws(() => checkKeyPrefix(bad), /is not the beginning of a key/, bad)
  }
})

test('routes', () => {
  const route = (method: Route['method'], pattern: string): Route => ({ method, pattern, access: 'open', handle() {} })
  const find = createRouter([route('GET', '/a/:one/b'), route('PUT', '/a/*rest'), route('GET', '/:o/:n.git/*file')])
  const params = (method: string, path: string) => {
    const found = find(method, path)
    return found.kind === 'found' ? found.params : found
  }
  assert.equal(params('GET', '/a/x/b'), { one: 'x' })
  assert.equal(params('HEAD', '/a/x/b'), { one: 'x' })
  assert.equal(params('PUT', '/a/x/b'), { rest: 'x/b' })
  assert.equal(params('GET', '/demo/app.git/info/refs'), { o: 'demo', n: 'app', file: 'info/refs' })
  assert.equal(params('POST', '/a/x/b'), { kind: 'wrong method', allow: ['GET', 'HEAD', 'PUT'] })
  assert.equal(params('GET', '/x//b'), { kind: 'none' })
  assert.equal(params('GET', '/demo/appxgit/info'), { kind: 'none' })
})

test('a limiter runs no more than it may at once, and goes on after a failure', async () => {
  const limit = createLimiter(2)
  let running = 0
  let most = 0
  const action = (fails: boolean) => async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 2))
    running--
    if (fails) throw new Error('failed')
  }
  const all = Array.from({ length: 9 }, (_, i) => limit(action(i % 3 === 0)))
  const results = await Promise.allSettled(all)
  assert.is(most, 2)
  assert.is(results.filter(({ status }) => status === 'rejected').length, 3)
})

test('log lines are single lines of JSON without secrets', () => {
  const lines: string[] = []
  const log = createServerLog((line) => lines.push(line))
  log({ event: 'error', error: 'a\nb zagi_w_abcdef https://me:secret@host/ Bearer abc', path: 'x'.repeat(5000) })
  assert.not.ok(lines[0]!.includes('\n'))
  assert.not.match(lines[0]!, /abcdef|secret|abc"/)
  const parsed = JSON.parse(lines[0]!)
  assert.match(parsed.time, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.is(parsed.path.length, 2000)
})
