import * as assert from 'uvu/assert'
import { decodeTree, encodeTree, hash, type Tree, type TreeEntry } from '../../store/index.ts'
import { compareNames } from '../../store/tree.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { damaged, throwsCode, unlessRefused } from './damage.ts'

const test = suite('store: trees')

const plain = { chunked: false, shared: false, rewritten: false, target: '' }
const idOf = (text: string) => hash(Buffer.from(text))

// The worked example of docs/formats/tree.md.
const golden: Tree = {
  files: 1,
  bytes: 5,
  count: 3,
  entries: [
    { ...plain, name: 'bin', kind: 'tree', mode: 0o755, size: 0, id: idOf('x') },
    { ...plain, name: 'hello.txt', kind: 'file', mode: 0o644, size: 5, id: idOf('hello'), shared: true },
    { ...plain, name: 'latest', kind: 'link', mode: 0o777, size: 9, id: '', target: 'hello.txt' },
  ],
}
const goldenBytes =
  '5a545231' +
  '03000000' +
  '0100000000000000' +
  '0500000000000000' +
  '0300000000000000' +
  '02ed01030062696e3ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b5' +
  '08a401090068656c6c6f2e747874' +
  '0500000000000000ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f' +
  '01ff0106006c617465737409' +
  '0068656c6c6f2e747874'

test('golden bytes', () => {
  const bytes = encodeTree(golden)
  assert.is(Buffer.from(bytes).toString('hex'), goldenBytes)
  assert.is(hash(bytes), '01998220671ce114000bb7f74180a4f99ac87f832401722b8c5d3271b46ef8f9')
  assert.equal(decodeTree(Buffer.from(goldenBytes, 'hex')), golden)
})

function randomTree(source: Random): Tree {
  const letters = ['a', 'B', '.', '-', '0', 'é', '日', '\u{1f600}', '\ufffd', ' ', '~']
  const names = new Set<string>()
  for (let i = source.below(40); i > 0; i--) {
    names.add(`x${Array.from({ length: source.below(8) }, () => source.pick(letters)).join('')}`)
  }
  const entries = [...names].sort(compareNames).map((name): TreeEntry => {
    const kind = source.pick(['file', 'link', 'tree'] as const)
    const target = kind === 'link' ? `../${source.pick(letters)}` : ''
    return {
      name,
      kind,
      mode: source.below(0o10000),
      size: kind === 'file' ? source.below(2 ** 40) : Buffer.byteLength(target),
      id: kind === 'link' ? '' : idOf(name),
      chunked: kind === 'file' && source.below(2) === 1,
      target,
      shared: source.below(2) === 1,
      rewritten: source.below(2) === 1,
    }
  })
  return { entries, files: source.below(2 ** 30), bytes: source.below(2 ** 50), count: source.below(2 ** 30) }
}

test('random trees come back as they were', () => {
  const source = random()
  for (let round = 0; round < 200; round++) {
    const tree = randomTree(source)
    assert.equal(decodeTree(encodeTree(tree)), tree, `seed ${source.seed}`)
  }
})

test('names sort as their UTF-8 bytes do', () => {
  const source = random()
  const units = [0x61, 0x7f, 0x80, 0x7ff, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]
  for (let round = 0; round < 2000; round++) {
    const name = () => String.fromCodePoint(...Array.from({ length: 1 + source.below(3) }, () => source.pick(units)))
    const [a, b] = [name(), name()]
    const expected = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.is(Math.sign(compareNames(a, b)), expected, `seed ${source.seed}`)
  }
})

test('damaged bytes are refused, or are another tree with that one encoding', () => {
  const source = random()
  for (let round = 0; round < 60; round++) {
    const bytes = encodeTree(randomTree(source))
    for (const bad of damaged(bytes, source, 40)) {
      const tree = unlessRefused(() => decodeTree(bad), ['TREE_CORRUPT'])
      if (tree !== undefined) assert.ok(bad.equals(encodeTree(tree)), `seed ${source.seed}`)
    }
  }
})

const withName = (bytes: string | Buffer) => {
  const name = Buffer.from(bytes as string)
  const entry = Buffer.concat([Buffer.from([0, 0xa4, 1, name.length, 0]), name, Buffer.alloc(40)])
  const head = Buffer.alloc(32)
  head.write('ZTR1')
  head[4] = 1
  return Buffer.concat([head, entry])
}

test('names that lead elsewhere are refused', () => {
  assert.is(decodeTree(withName('fine')).entries[0]!.name, 'fine')
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0b', Buffer.from([0x66, 0xff])]) {
    throwsCode(() => decodeTree(withName(name)), ['TREE_CORRUPT'], `"${name}"`)
  }
})

test('absurd counts and lengths are refused before anything is allocated', () => {
  const head = Buffer.alloc(60)
  head.write('ZTR1')
  head.writeUInt32LE(0xffff_ffff, 4)
  throwsCode(() => decodeTree(head), ['TREE_CORRUPT'])
  head.writeUInt32LE(0, 4)
  head.fill(0xff, 8, 16)
  throwsCode(() => decodeTree(head), ['TREE_CORRUPT'])
})

test('unsorted, repeated or impossible entries are a bug of whoever encodes them', () => {
  const [bin, hello] = golden.entries as [TreeEntry, TreeEntry]
  const tree = (entries: TreeEntry[]): Tree => ({ ...golden, entries })
  assert.throws(() => encodeTree(tree([hello, bin])), /^Bug/)
  assert.throws(() => encodeTree(tree([bin, bin])), /^Bug/)
  for (const name of ['', '..', 'a/b', 'a\0', '\ud800']) {
    assert.throws(() => encodeTree(tree([{ ...bin, name }])), /^Bug/)
  }
  assert.throws(() => encodeTree(tree([{ ...bin, id: 'abc' }])), /^Bug/)
  assert.throws(() => encodeTree(tree([{ ...bin, mode: 0o10000 }])), /^Bug/)
})
