import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type IndexedStat, StatIndex } from '../../store/index.ts'
import { comparePaths, sortNames } from '../../store/path-order.ts'
import { StatTable } from '../../store/stat-table.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('store: stat index')

const stat = (size: number): IndexedStat => ({
  size,
  mtimeNs: 1_700_000_000_123_456_789n + BigInt(size),
  inode: 2n ** 63n + BigInt(size),
  mode: 0o100644,
})
const value = (text: string) => Buffer.from(text)

// The worked example of docs/formats/stat-index.md.
const goldenBytes =
  '5a534931' +
  '02000000' +
  '03000000' +
  '06000000' +
  '00e40b5402000000' +
  '0000000000000000' +
  '0000000000001440' +
  '01ca9a3b00000000' +
  '02ca9a3b00000000' +
  '0b00000000000000' +
  '0c00000000000000' +
  'ed410000' +
  'a4810000' +
  '01' +
  '02' +
  '54' +
  '6666' +
  '6100612f6200'

test('golden bytes', () => {
  const table = new StatTable()
  table.believedBefore = 10_000_000_000n
  table.push('a', { size: 0, mtimeNs: 1_000_000_001n, inode: 11n, mode: 0o40755 }, value('T'))
  table.push('a/b', { size: 5, mtimeNs: 1_000_000_002n, inode: 12n, mode: 0o100644 }, value('ff'))
  const bytes = Buffer.from(table.encode())
  assert.is(bytes.subarray(0, -32).toString('hex'), goldenBytes)
  assert.is(bytes.subarray(-32).toString('hex'), 'dbe78ac82b40b87f44c9bed9db49b28274c597c3c7f1f39995c90ac628dc8690')
  const back = StatTable.decode(bytes)
  assert.equal(back.paths, ['a', 'a/b'])
  assert.equal(back.stat(1), { size: 5, mtimeNs: 1_000_000_002n, inode: 12n, mode: 0o100644 })
})

test('knows what was set, in whatever order', () => {
  const file = join(temporaryFolder('stat-index'), 'index')
  const paths = ['b', 'a/b', 'a', 'a-b', 'ä', 'a/\u{1f600}', 'a/\uffee', 'a\n', '']
  const index = new StatIndex()
  paths.forEach((path, i) => {
    index.set(path, stat(i), value(path))
  })
  index.set('a', stat(50), value('the later one counts'))
  index.write(file)
  const again = StatIndex.read(file)
  assert.is(again.size, paths.length)
  for (const [i, path] of paths.entries()) {
    const expected = path === 'a' ? stat(50) : stat(i)
    assert.equal(Buffer.from(again.get(path, expected)!).toString(), path === 'a' ? 'the later one counts' : path)
    assert.is(again.get(path, { ...expected, size: 99 }), undefined)
    assert.is(again.get(path, { ...expected, mtimeNs: 1n }), undefined)
    assert.is(again.get(path, { ...expected, inode: 1n }), undefined)
    assert.is(again.get(path, { ...expected, mode: 1 }), undefined)
  }
  assert.is(again.get('c', stat(0)), undefined)
})

test('writes only what was set since', () => {
  const file = join(temporaryFolder('stat-index'), 'index')
  const first = new StatIndex()
  first.set('gone', stat(1), value('1'))
  first.set('here', stat(2), value('2'))
  first.write(file)
  const second = StatIndex.read(file)
  second.set('here', stat(2), second.get('here', stat(2))!)
  assert.ok(second.get('gone', stat(1)))
  second.write(file)
  const third = StatIndex.read(file)
  assert.is(third.size, 1)
  assert.equal(Buffer.from(third.get('here', stat(2))!), value('2'))
})

test('does not believe an entry as young as the index', () => {
  const folder = temporaryFolder('stat-index')
  const file = join(folder, 'index')
  const now = BigInt(Date.now()) * 1_000_000n
  const young = { ...stat(1), mtimeNs: now }
  const index = new StatIndex()
  index.set('young', young, value('y'))
  index.set('old', stat(1), value('o'))
  index.write(file)
  const again = StatIndex.read(file)
  assert.is(again.get('young', young), undefined, 'written after the pass began')
  assert.ok(again.get('old', stat(1)))
  // The file's own time counts too: a file system can have a clock of its own.
  utimesSync(file, 1_600_000_000, 1_600_000_000)
  assert.is(StatIndex.read(file).get('old', stat(1)), undefined)
})

test('counts a damaged file as empty', () => {
  const file = join(temporaryFolder('stat-index'), 'index')
  assert.is(StatIndex.read(file).size, 0)
  const index = new StatIndex()
  for (let i = 0; i < 20; i++) index.set(`file ${i}`, stat(i), value('x'))
  index.write(file)
  const good = readFileSync(file)
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at]! ^= 1
    writeFileSync(file, bad)
    assert.is(StatIndex.read(file).size, 0, `byte ${at}`)
  }
  for (const length of [0, 3, 24, 55, good.length - 1]) {
    writeFileSync(file, good.subarray(0, length))
    assert.is(StatIndex.read(file).size, 0)
  }
  assert.throws(() => StatIndex.read(join(file, 'x')).write(join(file, 'x')), /NOT|folder|not/i)
})

test('orders paths as a walk does', () => {
  const source = random()
  const letters = ['a', '/', '-', '.', 'é', '\uffee', '\u{1f600}', '\u{10ffff}', '\ue000']
  for (let round = 0; round < 500; round++) {
    const name = () => Array.from({ length: source.below(6) }, () => source.pick(letters)).join('')
    const [a, b] = [name(), name()]
    const bytes = (path: string) => Buffer.from(path.replaceAll('/', '\0'))
    assert.is(Math.sign(comparePaths(a, b)), Buffer.compare(bytes(a), bytes(b)), `seed ${source.seed}: ${a} ${b}`)
    const names = [a, b, name(), name()].map((text) => text.replaceAll('/', ''))
    const expected = [...names].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    assert.equal(sortNames(names), expected, `seed ${source.seed}`)
  }
})
