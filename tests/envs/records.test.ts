import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError } from '../../base/index.ts'
import {
  type Closure,
  closureRoots,
  decodeClosure,
  decodeReferenceTables,
  type EnvLock,
  encodeClosure,
  encodeReferenceTables,
  formatEnvLock,
  parseEnvLock,
  type ReferenceTables,
} from '../../envs/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { lib, sample, tool } from './sample-closure.ts'
import { syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: records')

const id = (digit: string) => digit.repeat(64)
const blob = (digit: string) => ({ id: id(digit), size: 100, chunked: false })

function closure(): Closure {
  const common = { narHash: `sha256:${'0'.repeat(52)}`, narSize: 400, kind: 'folder' as const }
  const counts = { files: 1, bytes: 250 }
  const paths = [
    { ...common, name: lib, tree: id('a'), references: [0], tables: blob('b'), ...counts },
    { ...common, name: tool, tree: id('c'), references: [0, 1], tables: blob('d'), ...counts },
  ]
  return { version: 1, system: 'linux-x64', storeFolder: '/nix/store', main: 1, paths }
}

function assertFails(code: ErrorCode, action: () => unknown, what: string): void {
  try {
    action()
  } catch (error) {
    assert.ok(isZagiError(error), `${what}: ${error}`)
    assert.is(error.code, code, `${what}: ${error.message}`)
    return
  }
  assert.unreachable(`${what} was accepted`)
}

/** A copy with one value replaced, or taken out where it is undefined. `place`: its fields, separated by spaces. */
function falsified(record: object, place: string, value: unknown): object {
  const copy = structuredClone(record)
  const fields = place.split(' ')
  const last = fields.pop()!
  let at = copy as Record<string, unknown>
  for (const field of fields) at = at[field] as Record<string, unknown>
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

test('a closure record: the bytes of version 1', () => {
  const golden =
    `{"version":1,"system":"linux-x64","storeFolder":"/nix/store","main":1,"paths":[` +
    `{"name":"${lib}","narHash":"sha256:${'0'.repeat(52)}","narSize":400,"kind":"folder","tree":"${id('a')}",` +
    `"references":[0],"tables":{"id":"${id('b')}","size":100,"chunked":false},"files":1,"bytes":250},` +
    `{"name":"${tool}","narHash":"sha256:${'0'.repeat(52)}","narSize":400,"kind":"folder","tree":"${id('c')}",` +
    `"references":[0,1],"tables":{"id":"${id('d')}","size":100,"chunked":false},"files":1,"bytes":250}]}`
  assert.is(Buffer.from(encodeClosure(closure())).toString(), golden)
  assert.equal(decodeClosure(text(golden)), closure())
})

const badClosures: [what: string, code: ErrorCode, place: string, value: unknown][] = [
  ['a newer version', 'FORMAT_TOO_NEW', 'version', 2],
  ['version 0', 'MANIFEST_CORRUPT', 'version', 0],
  ['another system', 'MANIFEST_CORRUPT', 'system', 'plan9'],
  ['another store', 'MANIFEST_CORRUPT', 'storeFolder', '/gnu/store'],
  ['no paths', 'MANIFEST_CORRUPT', 'paths', []],
  ['main outside', 'MANIFEST_CORRUPT', 'main', 2],
  ['a name that climbs', 'MANIFEST_CORRUPT', 'paths 0 name', `${lib.slice(0, 33)}../x`],
  ['a name with letters that a hash has not', 'MANIFEST_CORRUPT', 'paths 0 name', `${'e'.repeat(32)}-x`],
  ['a name without one', 'MANIFEST_CORRUPT', 'paths 0 name', lib.slice(0, 33)],
  ['unsorted', 'MANIFEST_CORRUPT', 'paths', closure().paths.reverse()],
  ['one twice', 'MANIFEST_CORRUPT', 'paths 1 name', lib],
  ['not its own reference', 'MANIFEST_CORRUPT', 'paths 1 references', [0]],
  ['references that descend', 'MANIFEST_CORRUPT', 'paths 1 references', [1, 0]],
  ['a reference outside', 'MANIFEST_CORRUPT', 'paths 1 references', [0, 1, 2]],
  ['a tree that is no id', 'MANIFEST_CORRUPT', 'paths 0 tree', '../x'],
  ['tables that are huge', 'MANIFEST_CORRUPT', 'paths 0 tables size', 1e300],
  ['a count below zero', 'MANIFEST_CORRUPT', 'paths 0 files', -1],
  ['a count that is none', 'MANIFEST_CORRUPT', 'paths 0 bytes', 1.5],
  ['a hash that is none', 'MANIFEST_CORRUPT', 'paths 0 narHash', 'sha256:x'],
  ['a kind that is none', 'MANIFEST_CORRUPT', 'paths 0 kind', 'device'],
  ['a field more', 'MANIFEST_CORRUPT', 'extra', 1],
  ['a field less', 'MANIFEST_CORRUPT', 'paths 0 kind', undefined],
]

test('a closure record that is not right is refused', () => {
  for (const [what, code, place, value] of badClosures) {
    assertFails(code, () => decodeClosure(text(falsified(closure(), place, value))), what)
  }
  for (const garbage of ['', '{', '[]', 'null', '7', '"x"', '{"version":1}', '{"version":"1"}']) {
    assertFails('MANIFEST_CORRUPT', () => decodeClosure(text(garbage)), garbage)
  }
  assertFails('MANIFEST_CORRUPT', () => decodeClosure(Buffer.from([0x7b, 0xff, 0x7d])), 'not UTF-8')
  assertFails('MANIFEST_CORRUPT', () => decodeClosure(text(` ${JSON.stringify(closure())}`)), 'not canonical')
})

test('the roots of a closure', async () => {
  const { store, closure, record } = await syntheticStore(temporaryFolder('roots'), sample())
  const roots = closureRoots(store, closure)
  assert.equal(roots.trees, [...new Set(record.paths.map((path) => path.tree))].sort())
  assert.ok(roots.blobs.some((ref) => ref.id === closure.id))
  for (const path of record.paths) assert.ok(roots.blobs.some((ref) => ref.id === path.tables.id))
  assert.ok(store.reachable(roots).size > 8)
  assertFails('TOO_LARGE', () => closureRoots(store, { ...closure, size: 2 ** 40 }), 'a huge record')
})

function tables(): ReferenceTables {
  return {
    version: 1,
    files: {
      'lib/b': {
        whole: [
          [1, 0, 1],
          [44, 1, 2],
          [200, 0, 4],
        ],
        split: [
          [400, 1, 0, 16],
          [416, 1, 16, 16],
        ],
      },
      'bin/a': { whole: [[3, 1, 1]], split: [] },
      __proto__x: { whole: [[3, 1, 1]], split: [] },
    },
    links: { 'lib/link': [[1, 0]] },
    markers: { 'share/x.gz': ['compressed', 'bare-hash', 'compressed'] },
  }
}

test('reference tables: sorted, and the same after a round trip', () => {
  const bytes = encodeReferenceTables(tables())
  const golden =
    '{"version":1,"files":{"__proto__x":{"whole":[[3,1,1]],"split":[]},"bin/a":{"whole":[[3,1,1]],"split":[]},' +
    '"lib/b":{"whole":[[1,0,1],[44,1,2],[200,0,4]],"split":[[400,1,0,16],[416,1,16,16]]}},' +
    '"links":{"lib/link":[[1,0]]},"markers":{"share/x.gz":["bare-hash","compressed"]}}'
  assert.is(Buffer.from(bytes).toString(), golden)
  const decoded = decodeReferenceTables(bytes, 2)
  assert.is(Buffer.from(encodeReferenceTables(decoded)).toString(), golden)
})

test('a file may be named like a field of every object', () => {
  const files = JSON.parse('{"__proto__": {"whole": [[1, 0, 1]], "split": []}}')
  const bytes = encodeReferenceTables({ version: 1, files, links: {}, markers: {} })
  assert.equal(Object.keys(decodeReferenceTables(bytes, 1).files), ['__proto__'])
})

test('reference tables that are not right are refused', () => {
  const changes: [what: string, place: string, value: unknown][] = [
    ['an offset below zero', 'files bin/a whole 0 0', -1],
    ['an offset that is none', 'files bin/a whole 0 0', 1.5],
    ['an offset beyond numbers', 'files bin/a whole 0 0', 1e300],
    ['an unknown path', 'files bin/a whole 0 1', 2],
    ['a width of 3', 'files bin/a whole 0 2', 3],
    ['too few numbers', 'files bin/a whole 0', [3, 1]],
    ['too many numbers', 'files bin/a whole 0', [3, 1, 1, 1]],
    ['references that overlap', 'files lib/b whole 1 0', 43],
    ['wide ones that overlap', 'files lib/b whole 2 0', 128],
    ['references that descend', 'files lib/b whole', tables().files['lib/b']!.whole.reverse()],
    ['a piece beyond the path', 'files lib/b split 0 3', 45],
    ['a piece of nothing', 'files lib/b split 0 3', 0],
    ['pieces that overlap', 'files lib/b split 1 0', 415],
    ['a piece inside a reference', 'files lib/b split 0 0', 300],
    ['a link reference of three', 'links lib/link 0', [1, 0, 1]],
    ['links that overlap', 'links lib/link 1', [2, 0]],
    ['an unknown marker', 'markers share/x.gz', ['odd']],
    ['no files', 'files', undefined],
    ['files in a list', 'files', []],
  ]
  for (const [what, place, value] of changes) {
    const record = falsified(tables(), place, value)
    assertFails('MANIFEST_CORRUPT', () => decodeReferenceTables(text(record), 2), what)
  }
  assertFails('FORMAT_TOO_NEW', () => decodeReferenceTables(text({ ...tables(), version: 2 }), 2), 'newer')
})

function lock(): EnvLock {
  const here = { closure: blob('a'), name: tool, files: 3, bytes: 4, bin: ['npx', '[', 'node'] }
  return {
    version: 1,
    tools: {
      zig: { request: 'zig', version: '0.16.0', systems: {} },
      node: { request: 'node@22', version: '22.9.0', systems: { 'linux-x64': here, 'darwin-arm64': here } },
    },
  }
}

test('the environment lock: the text of version 1', () => {
  const here = (indent: string) =>
    [
      '{',
      '  "closure": {',
      `    "id": "${id('a')}",`,
      '    "size": 100,',
      '    "chunked": false',
      '  },',
      `  "name": "${tool}",`,
      '  "files": 3,',
      '  "bytes": 4,',
      '  "bin": [',
      '    "[",',
      '    "node",',
      '    "npx"',
      '  ]',
      '}',
    ].join(`\n${indent}`)
  const golden = `{
  "version": 1,
  "tools": {
    "node": {
      "request": "node@22",
      "version": "22.9.0",
      "systems": {
        "darwin-arm64": ${here('        ')},
        "linux-x64": ${here('        ')}
      }
    },
    "zig": {
      "request": "zig",
      "version": "0.16.0",
      "systems": {}
    }
  }
}
`
  assert.is(formatEnvLock(lock()), golden)
  assert.is(formatEnvLock(parseEnvLock(text(golden))), golden)
})

test('an environment lock that is not right is refused', () => {
  const changes: [what: string, place: string, value: unknown][] = [
    ['a tool that climbs', 'tools ../x', lock().tools['zig']],
    ['a tool named bin', 'tools bin', lock().tools['zig']],
    ['a tool named like a hidden file', 'tools .x', lock().tools['zig']],
    ['a version that climbs', 'tools zig version', '../..'],
    ['a request with a space', 'tools zig request', 'a b'],
    ['an unknown system', 'tools zig systems plan9', lock().tools['node']!.systems['linux-x64']],
    ['a program with a slash', 'tools node systems linux-x64 bin', ['../node']],
    ['a program named ..', 'tools node systems linux-x64 bin', ['..']],
    ['a program with a line feed', 'tools node systems linux-x64 bin', ['a\nb']],
    ['a closure that is none', 'tools node systems linux-x64 closure', 'x'],
    ['a name that is none', 'tools node systems linux-x64 name', 'node'],
    ['no tools', 'tools', undefined],
  ]
  for (const [what, place, value] of changes) {
    const record = falsified(lock(), place, value)
    assertFails('MANIFEST_CORRUPT', () => parseEnvLock(text(record)), what)
  }
  assertFails('MANIFEST_CORRUPT', () => parseEnvLock(text('<<<<<<< HEAD\n{')), 'a merge conflict')
  assertFails('FORMAT_TOO_NEW', () => parseEnvLock(text({ version: 2 })), 'newer')
})

test('flipped bytes never do anything but fail or give another valid record', () => {
  const { seed, below } = random()
  const originals: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [encodeClosure(closure()), decodeClosure],
    [encodeReferenceTables(tables()), (bytes) => decodeReferenceTables(bytes, 2)],
    [text(formatEnvLock(lock())), parseEnvLock],
  ]
  for (const [original, decode] of originals) {
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(original)
      for (let i = below(3); i >= 0; i--) bytes[below(bytes.length)] = below(256)
      try {
        decode(bytes.subarray(0, below(10) === 0 ? below(bytes.length) : bytes.length))
      } catch (error) {
        assert.ok(isZagiError(error), `seed ${seed}: ${error}`)
      }
    }
  }
})
