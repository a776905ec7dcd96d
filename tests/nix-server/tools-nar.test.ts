import { createHash } from 'node:crypto'
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { folderEntries } from '../../nix-server/tools/folder-entries.ts'
import { narEntries } from '../../nix-server/tools/nar-entries.ts'
import { narHash } from '../../nix-server/tools/nar-hash.ts'
import { decodeNixBase32, encodeNixBase32 } from '../../nix-server/tools/nix-base32.ts'
import { formatNixSha256, parseNixSha256 } from '../../nix-server/tools/nix-hash.ts'
import { SequentialFile } from '../../nix-server/tools/sequential-file.ts'
import type { StoreEntry } from '../../nix-server/tools/store-entry.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type NarNode, narBytes, narWord, narWords } from './nar-bytes.ts'

const test = suite('nix-server: NAR')

/** What a walk saw: paths with kinds, contents and targets. */
function walk(entries: Iterable<StoreEntry>): string[] {
  const seen: string[] = []
  for (const entry of entries) {
    if (entry.kind === 'file')
      seen.push(`${entry.path} ${entry.executable ? 'x' : '-'} ${entry.read().toString('hex')}`)
    else seen.push(`${entry.path} ${entry.kind}${entry.kind === 'link' ? ` ${entry.target}` : ''}`)
  }
  return seen
}

const folder = temporaryFolder('nar')

function read<T>(bytes: Uint8Array, action: (entries: Iterable<StoreEntry>) => T): T {
  const path = join(folder, 'nar')
  writeFileSync(path, bytes)
  const file = openSync(path, 'r')
  try {
    return action(narEntries(new SequentialFile(file, bytes.length), 'test'))
  } finally {
    closeSync(file)
  }
}

function refused(bytes: Uint8Array, code: 'NAR_BAD' | 'NAME_NOT_UTF8' = 'NAR_BAD', what = ''): void {
  try {
    read(bytes, walk)
  } catch (error) {
    assert.ok(isZagiError(error, code), `${what}: ${error}`)
    return
  }
  assert.unreachable(`accepted: ${what}`)
}

const tree: NarNode = {
  folder: [
    ['a', { file: 'hello', executable: true }],
    ['b', { folder: [] }],
    ['b.txt', { file: '' }],
    ['c', { folder: [['d', { link: '../a' }]] }],
    ['ä', { file: '12345678' }],
  ],
}

test('a NAR is read in order', () => {
  assert.equal(read(narBytes(tree), walk), [
    ' folder',
    'a x 68656c6c6f',
    'b folder',
    'b end',
    'b.txt - ',
    'c folder',
    'c/d link ../a',
    'c end',
    'ä - 3132333435363738',
    ' end',
  ])
  assert.equal(read(narBytes({ file: 'x' }), walk), [' - 78'])
  assert.equal(read(narBytes({ link: '/nix' }), walk), [' link /nix'])
})

test('content that nobody reads is passed over', () => {
  const paths = read(narBytes(tree), (entries) => [...entries].map((entry) => entry.path))
  assert.is(paths.length, 10)
})

test('a file larger than the buffer comes whole', () => {
  const large = Buffer.alloc(3 << 20, 'zagi')
  const [first, second] = read(
    narBytes({
      folder: [
        ['a', { file: large }],
        ['b', { file: 'end' }],
      ],
    }),
    (entries) => [...entries].filter((entry) => entry.kind === 'file').map((entry) => entry.read()),
  )
  assert.ok(first!.equals(large))
  assert.is(second!.toString(), 'end')
})

test('hashing what was read gives the hash of the NAR', () => {
  const bytes = narBytes(tree)
  const digest = read(bytes, narHash)
  assert.is(digest.size, bytes.length)
  assert.ok(digest.hash.equals(createHash('sha256').update(bytes).digest()))
})

test('a NAR that ends anywhere too early is refused', () => {
  const bytes = narBytes(tree)
  for (let length = 0; length < bytes.length; length++)
    refused(bytes.subarray(0, length), 'NAR_BAD', `cut at ${length}`)
})

test('names that are no names are refused', () => {
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0b', '../a', 'x'.repeat(256)]) {
    refused(narBytes({ folder: [[name, { file: '' }]] }), 'NAR_BAD', JSON.stringify(name))
  }
  refused(narBytes({ folder: [[Buffer.from([0xff, 0xfe]), { file: '' }]] }), 'NAME_NOT_UTF8')
})

test('names that repeat or are out of order are refused', () => {
  const two = (a: string, b: string) =>
    narBytes({
      folder: [
        [a, { file: '' }],
        [b, { folder: [] }],
      ],
    })
  refused(two('a', 'a'), 'NAR_BAD', 'repeated')
  refused(two('b', 'a'), 'NAR_BAD', 'unsorted')
  refused(two('a', 'B'), 'NAR_BAD', 'unsorted by bytes')
  // Sorted by bytes, not by UTF-16 units.
  assert.is(read(two('\uffff', '\u{10000}'), walk).length, 5)
  refused(two('\u{10000}', '\uffff'), 'NAR_BAD', 'unsorted by bytes')
})

test('damage in the frame is refused', () => {
  const bytes = narBytes({ file: 'abc' })
  refused(Buffer.concat([bytes, Buffer.alloc(8)]), 'NAR_BAD', 'trailing bytes')
  refused(Buffer.concat([bytes, narWord(')')]), 'NAR_BAD', 'trailing word')
  const padding = Buffer.from(bytes)
  padding[padding.indexOf('abc') + 3] = 1
  refused(padding, 'NAR_BAD', 'padding')
  refused(narBytes({ link: '' }), 'NAR_BAD', 'empty target')
  refused(narBytes({ link: 'a\0b' }), 'NAR_BAD', 'NUL in a target')
  refused(narBytes({ link: 'x'.repeat(4096) }), 'NAR_BAD', 'long target')
  refused(narWords('nix-archive-2'), 'NAR_BAD', 'version')
  refused(narWords('nix-archive-1', '(', 'type', 'fifo', ')'), 'NAR_BAD', 'type')
  refused(narWords('nix-archive-1', '(', 'type', 'regular', ')'), 'NAR_BAD', 'no contents')
  refused(
    narWords('nix-archive-1', '(', 'type', 'regular', 'executable', 'x', 'contents', '', ')'),
    'NAR_BAD',
    'marker',
  )
  refused(narWords('nix-archive-1', '(', 'type', 'directory', 'entry', '(', 'node'), 'NAR_BAD', 'no name')
})

test('absurd lengths are refused without allocating them', () => {
  for (const length of [2n ** 63n, 2n ** 53n, 2n ** 40n, 2n ** 31n, 100n]) {
    const framed = Buffer.alloc(8)
    framed.writeBigUInt64LE(length)
    refused(framed, 'NAR_BAD', `a word of ${length}`)
    const content = Buffer.concat([
      narWords('nix-archive-1', '(', 'type', 'regular', 'contents'),
      framed,
      Buffer.alloc(64),
    ])
    refused(content, 'NAR_BAD', `contents of ${length}`)
  }
})

test('folders nested too deep are refused', () => {
  const nested = (depth: number): NarNode => {
    let node: NarNode = { file: '' }
    for (let level = 0; level < depth; level++) node = { folder: [['a', node]] }
    return node
  }
  assert.is(read(narBytes(nested(256)), walk).length, 513)
  refused(narBytes(nested(257)), 'NAR_BAD', '257 levels')
  const opening = narWords('(', 'type', 'directory', 'entry', '(', 'name', 'a', 'node')
  refused(Buffer.concat([narWord('nix-archive-1'), ...Array(20_000).fill(opening)]), 'NAR_BAD', '20,000 levels')
})

test('any change of a NAR is refused or read, and never fails in another way', () => {
  const { seed, below, bytes: randomBytes } = random()
  const good = narBytes(tree)
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(good)
    for (let change = 0; change <= below(3); change++) {
      if (below(2) === 0) bytes[below(bytes.length)] = below(256)
      else randomBytes(8).copy(bytes, below(bytes.length / 8) * 8)
    }
    const cut = below(4) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes
    try {
      const digest = read(cut, narHash)
      // What is accepted is canonical: reading and writing it again gives the same bytes.
      assert.ok(digest.hash.equals(createHash('sha256').update(cut).digest()), `seed ${seed}, round ${round}`)
    } catch (error) {
      const expected = isZagiError(error, 'NAR_BAD') || isZagiError(error, 'NAME_NOT_UTF8')
      assert.ok(expected, `seed ${seed}, round ${round}: ${error}`)
    }
  }
})

test('a folder on disk hashes like its NAR', () => {
  const randomness = random()
  for (let round = 0; round < 20; round++) {
    const node = randomNode(randomness, 3)
    const place = join(folder, `tree-${round}`)
    write(place, node)
    const expected = createHash('sha256').update(narBytes(node)).digest()
    assert.ok(narHash(folderEntries(place)).hash.equals(expected), `seed ${randomness.seed}, round ${round}`)
  }
})

function randomNode(randomness: Random, depth: number): NarNode {
  const { below, bytes, pick } = randomness
  const kind = depth === 3 ? 0 : below(3)
  if (kind === 1) return { file: bytes(below(40)), executable: below(2) === 1 }
  if (kind === 2 || depth === 0) return { link: `target-${below(100)}` }
  const names = new Set(
    Array.from({ length: below(6) }, () => pick(['a', 'B', 'a.b', 'ä', '-x', 'z z', '\u{1f600}', '\uffee'])),
  )
  const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return { folder: sorted.map((name) => [name, randomNode(randomness, depth - 1)]) }
}

function write(place: string, node: NarNode): void {
  if ('link' in node) symlinkSync(node.link, place)
  else if ('file' in node) {
    writeFileSync(place, node.file)
    chmodSync(place, node.executable ? 0o755 : 0o644)
  } else {
    mkdirSync(place)
    for (const [name, inside] of node.folder) write(join(place, name.toString()), inside)
  }
}

test('hashes are read in every form Nix writes, and in no other', () => {
  const digest = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex')
  const base32 = '1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s'
  assert.is(formatNixSha256(digest), `sha256:${base32}`)
  const base64 = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
  for (const text of [`sha256:${base32}`, `sha256:${digest.toString('hex')}`, `sha256:${base64}`, `sha256-${base64}`]) {
    assert.ok(parseNixSha256(text)?.equals(digest), text)
  }
  const bad = ['', 'sha256:', base32, `sha512:${base32}`, `sha256:e${base32.slice(1)}`, `sha256:z${base32.slice(1)}`]
  for (const text of [
    ...bad,
    `sha256-${base64.slice(1)}`,
    `sha256:${base32}x`,
    `sha256-${base64.replace('0=', '1=')}`,
  ]) {
    assert.is(parseNixSha256(text), undefined, text)
  }
})

test('base 32 goes there and back', () => {
  const { seed, below, bytes } = random()
  for (let round = 0; round < 500; round++) {
    const original = bytes(1 + below(40))
    const text = encodeNixBase32(original)
    assert.ok(decodeNixBase32(text, original.length)?.equals(original), `seed ${seed}, round ${round}`)
  }
})
