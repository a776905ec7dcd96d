import * as assert from 'uvu/assert'
import { count, duration, grouped, share, size } from '../../cli/human-words.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: human words')

test('sizes have one decimal and a unit of 1000', () => {
  assert.is(size(0), '0 bytes')
  assert.is(size(1), '1 byte')
  assert.is(size(999), '999 bytes')
  assert.is(size(1000), '1.0 KB')
  assert.is(size(12_345), '12.3 KB')
  assert.is(size(999_949), '999.9 KB')
  assert.is(size(999_950), '1.0 MB')
  assert.is(size(218_000_000), '218.0 MB')
  assert.is(size(5e12), '5.0 TB')
  assert.is(size(9e18), '9000.0 PB')
})

test('counts agree with their nouns and group their digits', () => {
  assert.is(count(0, 'file'), '0 files')
  assert.is(count(1, 'file'), '1 file')
  assert.is(count(14_832, 'file'), '14,832 files')
  assert.is(count(2, 'entry', 'entries'), '2 entries')
  assert.is(grouped(999), '999')
  assert.is(grouped(1_000_000), '1,000,000')
})

test('durations have the unit that fits', () => {
  assert.is(duration(0.4), '0 ms')
  assert.is(duration(99), '99 ms')
  assert.is(duration(99.6), '0.1 s')
  assert.is(duration(800), '0.8 s')
  assert.is(duration(59_949), '59.9 s')
  assert.is(duration(59_951), '1 min 0 s')
  assert.is(duration(125_000), '2 min 5 s')
  assert.is(duration(3_600_000), '1 h 0 min')
  assert.is(duration(12_000_000), '3 h 20 min')
})

test('a share is 100 % only where it is the whole', () => {
  assert.is(share(3356, 3445), '97.4 %')
  assert.is(share(99_999, 100_000), '99.9 %')
  assert.is(share(5, 5), '100.0 %')
  assert.is(share(0, 0), '0.0 %')
})
