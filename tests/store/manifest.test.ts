import * as assert from 'uvu/assert'
import { encodeManifest, hash, manifestId, parseManifest, parseRoots, type Roots } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { damaged, throwsCode, unlessRefused } from './damage.ts'

const test = suite('store: manifests')

const id = (text: string) => hash(Buffer.from(text))
const blob = (text: string) => ({ id: id(text), size: text.length, chunked: false })

// The worked example of docs/formats/manifest.md.
const tree = '01998220671ce114000bb7f74180a4f99ac87f832401722b8c5d3271b46ef8f9'
const pack = '2499250ae33cff8c4220cd84d5da81abd5a24265fe55b352c957dd508fda46dc'
const golden = `{"version":1,"roots":{"trees":["${tree}"],"blobs":[{"id":"${id('hello')}","size":5,"chunked":false}]},"holdings":{"packs":[{"id":"${pack}","frames":[[0,1]]}]}}\n`

test('golden bytes and name', () => {
  const roots: Roots = { trees: [tree], blobs: [blob('hello')] }
  const manifest = {
    version: 1 as const,
    roots,
    holdings: { packs: [{ id: pack, frames: [[0, 1]] as [number, number][] }] },
  }
  assert.is(Buffer.from(encodeManifest(manifest)).toString(), golden)
  assert.is(manifestId(roots), 'a57b87f85882ca7606faefa32f191c8c9edbb9227df45596a82616c4b4a0f346')
  assert.equal(parseManifest(Buffer.from(golden)), manifest)
})

test('the name depends on what is named, not on its order', () => {
  const one: Roots = { trees: [id('a'), id('b')], blobs: [blob('x'), blob('y')] }
  const two: Roots = {
    trees: [id('b'), id('a'), id('b')],
    blobs: [blob('y'), { chunked: false, size: 1, id: id('x') }, blob('x')],
  }
  assert.is(manifestId(one), manifestId(two))
  assert.is.not(manifestId(one), manifestId({ ...one, blobs: [blob('x')] }))
  assert.is.not(manifestId(one), manifestId({ ...one, blobs: [blob('x'), { ...blob('y'), size: 2 }] }))
})

test('anything else is refused', () => {
  const source = random()
  for (const bad of damaged(Buffer.from(golden), source, 2000)) {
    const manifest = unlessRefused(() => parseManifest(bad), ['MANIFEST_CORRUPT', 'FORMAT_TOO_NEW'])
    if (manifest !== undefined) parseManifest(encodeManifest(manifest))
  }
  throwsCode(() => parseManifest(Buffer.from(golden.replace('"version":1', '"version":2'))), ['FORMAT_TOO_NEW'])
  for (const text of [
    '',
    '[]',
    'null',
    '{"version":1}',
    golden.replace('[[0,1]]', '[[-1,1]]'),
    golden.replace('5,', '5.5,'),
  ]) {
    throwsCode(() => parseManifest(Buffer.from(text)), ['MANIFEST_CORRUPT'], text)
  }
  for (const text of ['{}', '{"trees":["x"],"blobs":[]}', '{"trees":[],"blobs":[{}]}', '{"trees":[],"blobs":{}}']) {
    throwsCode(() => parseRoots(Buffer.from(text)), ['MANIFEST_CORRUPT'], text)
  }
  assert.equal(parseRoots(Buffer.from('{"trees":[],"blobs":[]}')), { trees: [], blobs: [] })
})
