import { GEAR_TABLE } from 'gearhash-jit'
import * as assert from 'uvu/assert'
import { cutChunks } from '../../store/chunker.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('store: chunker')

const cuts = (bytes: Uint8Array) => {
  const ends: number[] = []
  const count = cutChunks(bytes, ends)
  return ends.slice(0, count)
}

/** The generator that Xet's vectors were made with. */
function splitmix64(length: number, seed: bigint): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 8) * 8)
  const mask = 0xffff_ffff_ffff_ffffn
  let state = seed
  for (let at = 0; at < bytes.length; at += 8) {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask
    bytes.writeBigUInt64LE(mixed ^ (mixed >> 31n), at)
  }
  return bytes.subarray(0, length)
}

/** The rules of docs/formats/chunks.md, byte by byte and slowly. */
function slowCuts(bytes: Uint8Array): number[] {
  const ends: number[] = []
  let start = 0
  let hash = 0n
  for (let at = 0; at < bytes.length; at++) {
    const size = at - start + 1
    if (size <= 8192 - 64 - 1) continue
    hash = ((hash << 1n) + GEAR_TABLE[bytes[at]!]!) & 0xffff_ffff_ffff_ffffn
    if ((hash & 0xffff_0000_0000_0000n) !== 0n && size < 131072) continue
    ends.push(at + 1)
    start = at + 1
    hash = 0n
  }
  if (start < bytes.length || ends.length === 0) ends.push(bytes.length)
  return ends
}

test("Xet's vector of random bytes", () => {
  const bytes = splitmix64(1_000_000, 0n)
  assert.equal([bytes[0], bytes[127], bytes[111111]], [175, 132, 118])
  assert.equal(
    cuts(bytes),
    [
      84493, 134421, 144853, 243318, 271793, 336457, 467529, 494581, 582000, 596735, 616815, 653164, 678202, 724510,
      815591, 827760, 958832, 991092, 1000000,
    ],
  )
})

test("Xet's vector of constant bytes", () => {
  const expected = [131072, 262144, 393216, 524288, 655360, 786432, 917504, 1000000]
  assert.equal(cuts(Buffer.alloc(1_000_000, 0x3b)), expected)
})

test('small content is one chunk, also where it is empty', () => {
  for (const length of [0, 1, 100, 8127, 8128]) assert.equal(cuts(Buffer.alloc(length, 0x3b)), [length])
})

test('agrees with the rules, byte by byte', () => {
  const source = random()
  for (let round = 0; round < 12; round++) {
    // A pattern that meets the mask is repeated, so that cuts fall at and just behind the smallest size too.
    const pattern = source.bytes(1 + source.below(12_000))
    const bytes = Buffer.alloc(60_000 + source.below(200_000), pattern)
    for (let i = 0; i < 20; i++) bytes[source.below(bytes.length)] = source.below(256)
    assert.equal(cuts(bytes), slowCuts(bytes), `seed ${source.seed}`)
  }
})

test('the array of ends is used again', () => {
  const ends = [1, 2, 3]
  assert.is(cutChunks(Buffer.alloc(10), ends), 1)
  assert.equal(ends, [10, 2, 3])
})
