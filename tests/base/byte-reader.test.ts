import * as assert from 'uvu/assert'
import { ByteReader } from '../../base/index.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('base: byte reader')
const reader = (...bytes: number[]) =>
  new ByteReader(Uint8Array.from(bytes), (why) => {
    throw new Error(why)
  })

test('reads little-endian values in order', () => {
  const r = reader(1, 2, 1, 4, 3, 2, 1, 8, 0, 0, 0, 0, 0, 0, 0)
  assert.equal([r.u8(), r.u16(), r.u32(), r.u64()], [1, 0x0102, 0x01020304, 8])
  r.end()
})

test('never reads past the end', () => {
  for (const read of ['u8', 'u16', 'u32', 'u64', 'i64'] as const)
    assert.throws(() => reader()[read](), /ends at byte 0/)
  assert.throws(() => reader(1, 2).bytes(3), /3 more were expected/)
})

test('refuses numbers above 2^53, bytes that are not UTF-8, wrong magic and trailing bytes', () => {
  assert.throws(() => reader(0, 0, 0, 0, 0, 0, 0, 1).u64(), /too large/)
  assert.throws(() => reader(0xff).text(1), /not UTF-8/)
  assert.throws(() => reader(65).magic('B'), /"A" where "B"/)
  assert.throws(() => reader(1).end(), /1 bytes follow/)
})
