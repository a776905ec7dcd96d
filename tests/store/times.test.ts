import { closeSync, lstatSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { decodeTimes, encodeTimes } from '../../store/index.ts'
import { hasExactTimes, setDescriptorTime, setPathTime } from '../../store/native-times.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { throwsCode } from './damage.ts'
import { randomTime } from './random-folder.ts'

const test = suite('store: times')

// The worked example of docs/formats/times.md.
test('golden bytes', () => {
  const times = { root: 1_700_000_000_000_000_001n, entries: new BigInt64Array([0n, -1n]) }
  const bytes = Buffer.from(encodeTimes(times))
  assert.is(
    bytes.toString('hex'),
    '5a544d31' + '02000000' + '01002a36fe9c9717' + '0000000000000000' + 'ffffffffffffffff',
  )
  assert.equal(decodeTimes(bytes), times)
})

test('refuses damaged times', () => {
  const bytes = Buffer.from(encodeTimes({ root: 0n, entries: new BigInt64Array(3) }))
  throwsCode(() => decodeTimes(bytes.subarray(0, -1)), ['TREE_CORRUPT'])
  throwsCode(() => decodeTimes(Buffer.concat([bytes, Buffer.alloc(1)])), ['TREE_CORRUPT'])
  throwsCode(() => decodeTimes(Buffer.alloc(0)), ['TREE_CORRUPT'])
  bytes.writeUInt32LE(0xffffffff, 4)
  throwsCode(() => decodeTimes(bytes), ['TREE_CORRUPT'])
})

test('sets times of files, folders and links to the nanosecond', () => {
  const folder = temporaryFolder('times')
  const file = join(folder, 'fi\nle é')
  const link = join(folder, 'link')
  const inside = join(folder, 'folder')
  writeFileSync(file, 'x')
  symlinkSync('fi\nle é', link)
  mkdirSync(inside)
  const source = random()
  const times = [
    0n,
    -1n,
    1n,
    999_999_999n,
    1_700_000_000_123_456_789n,
    ...Array.from({ length: 40 }, () => randomTime(source)),
  ]
  assert.ok(hasExactTimes())
  for (const time of times) {
    for (const path of [link, file, inside]) {
      setPathTime(path, time)
      assert.is(lstatSync(path, { bigint: true }).mtimeNs, time, `seed ${source.seed}`)
    }
    const descriptor = openSync(file, 'r')
    setDescriptorTime(descriptor, time + 1n)
    closeSync(descriptor)
    assert.is(lstatSync(file, { bigint: true }).mtimeNs, time + 1n)
  }
})

test('leaves the access time', () => {
  const file = join(temporaryFolder('times'), 'file')
  writeFileSync(file, 'x')
  const before = lstatSync(file, { bigint: true }).atimeNs
  setPathTime(file, 5n)
  assert.is(lstatSync(file, { bigint: true }).atimeNs, before)
})

test('fails as the calls of node:fs do', () => {
  try {
    setPathTime('/nowhere/at all', 0n)
    assert.unreachable()
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT')
    assert.is((error as NodeJS.ErrnoException).syscall, 'utimensat')
  }
})
