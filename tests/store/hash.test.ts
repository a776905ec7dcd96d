import * as assert from 'uvu/assert'
import { hash, hashInto } from '../../store/hash.ts'
import { addonHash } from '../../store/hash-addon.ts'
import { wasmHash } from '../../store/hash-wasm.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('store: hash')

// From BLAKE3's test_vectors.json: the input is 0, 1, 2, … 250, 0, 1, …
const vectors: [length: number, hash: string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [8193, 'bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b'],
  [31744, '62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47'],
  [102400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
]

const vectorInput = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i % 251))

test('ids are plain BLAKE3: the official vectors', () => {
  for (const [length, expected] of vectors) assert.is(hash(vectorInput(length)), expected, `${length} bytes`)
})

test('the addon loads here, and the WebAssembly fallback gives the same ids', () => {
  const addon = addonHash()
  assert.ok(addon)
  const wasm = wasmHash()
  for (const [length, expected] of vectors) {
    const target = Buffer.alloc(34)
    wasm(vectorInput(length), target, 1)
    assert.is(target.toString('hex'), `00${expected}00`)
  }
  const source = random()
  for (const length of [
    2 ** 20 - 1,
    2 ** 20,
    2 ** 20 + 1,
    3_000_001,
    ...Array.from({ length: 50 }, () => source.below(9000)),
  ]) {
    const bytes = Buffer.alloc(length, source.bytes(1 + source.below(300)))
    const [one, other] = [Buffer.alloc(32), Buffer.alloc(32)]
    addon(bytes, one, 0)
    wasm(bytes, other, 0)
    assert.ok(one.equals(other), `${length} bytes, seed ${source.seed}`)
  }
})

test('writes into place and nowhere else', () => {
  const target = Buffer.alloc(100, 7)
  hashInto(Buffer.from('hello'), target, 40)
  assert.is(target.toString('hex', 40, 72), hash(Buffer.from('hello')))
  assert.ok(target.subarray(0, 40).every((byte) => byte === 7))
  assert.ok(target.subarray(72).every((byte) => byte === 7))
})

test('takes memory that threads share', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(5))
  shared.set(Buffer.from('hello'))
  assert.is(hash(shared), hash(Buffer.from('hello')))
})
