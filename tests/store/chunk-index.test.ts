import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { ChunkIndex, type Place } from '../../store/chunk-index.ts'
import { IdSet } from '../../store/id-set.ts'
import { hash, PackIndex } from '../../store/index.ts'
import { buildSegment } from '../../store/index-build.ts'
import { readSegment, writeSegment } from '../../store/index-files.ts'
import { SectionBuilder } from '../../store/pack-index.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { damaged, throwsCode } from './damage.ts'

const test = suite('store: chunk index')

const hello = Buffer.from(hash(Buffer.from('hello')), 'hex')
const letters = Buffer.from(hash(Buffer.alloc(200, 'a')), 'hex')

// The worked example of docs/formats/chunk-index.md: the pack of docs/formats/pack.md.
const golden =
  '5a43493101000000010000000200000002000000000000000000000000000000' +
  '2499250ae33cff8c4220cd84d5da81abd5a24265fe55b352c957dd508fda46dc' +
  '080000000000000000000000050000000500000000000000' +
  '0d0000000000000000000000c8000000c800000000000000' +
  '000000000100000002000000' +
  '22dee5ebfe8248a5fe4fb663016d8524c9a61eb36b7f7be8bb57057613230447' +
  'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f' +
  '0100000000000000c8000000' +
  '000000000000000005000000' +
  'f1480364567e86353965e4b840acb8542cd49e6ad507b0cef885744a7c50c100'

function goldenSection(): PackIndex {
  const section = new SectionBuilder()
  section.add({ offset: 8, stored: 5, raw: 5, codec: 0 }, hello, [5], 1)
  section.add({ offset: 13, stored: 200, raw: 200, codec: 0 }, letters, [200], 1)
  return new PackIndex(section.build())
}

test('golden bytes', () => {
  const segment = buildSegment([goldenSection()])!
  assert.is(segment.bytes.toString('hex'), golden)
  const folder = temporaryFolder()
  const name = writeSegment(folder, segment)
  assert.is(name, 'f1480364567e86353965e4b840acb854')
  assert.equal(readdirSync(folder), [`index.${name}`])
  const place: Partial<Place> = {}
  const index = new ChunkIndex([readSegment(folder, name)!])
  assert.ok(index.locate(hello, 0, place))
  assert.equal([place.frame, place.offset, place.size], [0, 0, 5])
  assert.ok(index.has(letters, 0))
  assert.not.ok(index.has(Buffer.alloc(32), 0))
})

interface Known {
  pack: string
  frame: number
  offset: number
  size: number
}

/** A pack of chunks that exist only as ids, some of them from `old` ids. */
function randomPack(source: Random, chunks: number, old: Buffer[]): PackIndex {
  const section = new SectionBuilder()
  let offset = 8
  for (let left = chunks; left > 0; ) {
    const count = Math.min(left, 1 + source.below(20))
    left -= count
    const ids = Array.from({ length: count }, () => {
      if (old.length > 0 && source.below(5) === 0) return source.pick(old)
      const id = Buffer.from(hash(source.bytes(8)), 'hex')
      old.push(id)
      return id
    })
    const sizes = ids.map(() => source.below(1000) + 1)
    const raw = sizes.reduce((sum, size) => sum + size, 0)
    section.add({ offset, stored: raw, raw, codec: 0 }, Buffer.concat(ids), sizes, count)
    offset += raw
  }
  return new PackIndex(section.build())
}

function expected(packs: PackIndex[]): Map<string, Known[]> {
  const all = new Map<string, Known[]>()
  for (const pack of packs) {
    for (let frame = 0; frame < pack.frames; frame++) {
      let offset = 0
      for (let chunk = pack.firstChunk(frame); chunk < pack.firstChunk(frame + 1); chunk++) {
        const id = pack.chunkId(chunk)
        const size = pack.chunkSize(chunk)
        all.set(id, [...(all.get(id) ?? []), { pack: pack.id, frame, offset, size }])
        offset += size
      }
    }
  }
  return all
}

test('finds every chunk of many packs, whatever was merged when', () => {
  const source = random()
  for (let round = 0; round < 6; round++) {
    const ids: Buffer[] = []
    const packs: PackIndex[] = []
    let index = new ChunkIndex([])
    for (let i = 0; i < 12; i++) {
      const batch = Array.from({ length: 1 + source.below(3) }, () => randomPack(source, 1 + source.below(3000), ids))
      packs.push(...batch)
      index = index.with(batch).index
    }
    assert.ok(index.segments.length <= 4, `${index.segments.length} segments`)
    assert.equal(index.packs(), new Set(packs.map((pack) => pack.id)))
    const shared = ChunkIndex.fromShared(index.share())
    const place: Partial<Place> = {}
    for (const [id, known] of expected(packs)) {
      const bytes = Buffer.from(`00${id}`, 'hex')
      assert.ok(shared.locate(bytes, 1, place), `seed ${source.seed}`)
      const { segment, frame, offset, size } = place
      const pack = segment.framePack(frame)
      const found = { pack: segment.packId(pack), frame: frame - segment.firstFrames()[pack]!, offset, size }
      assert.ok(
        known.some((one) => JSON.stringify(one) === JSON.stringify(found)),
        `seed ${source.seed}`,
      )
      const span = packs.find((one) => one.id === found.pack)!.frame(found.frame)
      assert.equal(segment.frame(frame), span)
      assert.ok(shared.hasPrefix(bytes.subarray(1, 13), 0))
    }
    for (let i = 0; i < 1000; i++) {
      const other = Buffer.from(hash(source.bytes(9)), 'hex')
      assert.not.ok(shared.has(other, 0))
      assert.not.ok(shared.hasPrefix(other, 0))
    }
  }
})

test('ids that begin alike are told apart', () => {
  const source = random()
  const ids = Array.from({ length: 300 }, (_, i) => {
    const id = Buffer.alloc(32, 0xab)
    id.writeUInt16BE(i, 30 - 2 * source.below(2))
    return id
  })
  const unique = [...new Map(ids.map((id) => [id.toString('hex'), id])).values()]
  const section = new SectionBuilder()
  section.add(
    { offset: 8, stored: unique.length, raw: unique.length, codec: 0 },
    Buffer.concat(unique),
    unique.map(() => 1),
    unique.length,
  )
  const index = new ChunkIndex([]).with([new PackIndex(section.build())]).index
  const set = new IdSet(1)
  for (const id of unique) {
    assert.ok(index.has(id, 0))
    assert.ok(set.add(id, 0))
    assert.not.ok(set.add(id, 0))
  }
  const missing = Buffer.alloc(32, 0xab)
  missing[31] = 0
  assert.is(index.has(missing, 0), set.has(missing, 0))
})

test('a damaged file is found, whatever the damage', () => {
  const source = random()
  const segment = buildSegment([randomPack(source, 200, [])])!
  const folder = temporaryFolder()
  for (const bad of damaged(segment.bytes, source, 500)) {
    writeFileSync(join(folder, 'index.x'), bad)
    throwsCode(() => readSegment(folder, 'x'), ['INDEX_CORRUPT'], `seed ${source.seed}`)
  }
  const short = Buffer.from(golden, 'hex')
  for (let bit = 0; bit < short.length * 8; bit++) {
    const bad = Buffer.from(short)
    bad[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(join(folder, 'index.x'), bad)
    throwsCode(() => readSegment(folder, 'x'), ['INDEX_CORRUPT'])
  }
})

test('a segment that is gone is no error: it was merged away', () => {
  const folder = join(temporaryFolder(), 'a')
  mkdirSync(folder)
  assert.is(readSegment(folder, '0'.repeat(32)), undefined)
})

test('the same content makes the same file', () => {
  const source = random()
  const packs = [randomPack(source, 500, []), randomPack(source, 500, [])]
  const folder = temporaryFolder()
  const one = writeSegment(folder, buildSegment(packs)!)
  const two = writeSegment(folder, buildSegment(packs)!)
  assert.is(one, two)
  assert.ok(readFileSync(join(folder, `index.${one}`)).equals(buildSegment(packs)!.bytes))
})

test('a set of ids in flat memory agrees with a plain one', () => {
  const source = random()
  const pool = Array.from({ length: 3000 }, () => Buffer.from(hash(source.bytes(8)), 'hex'))
  const plain = new Set<string>()
  const flat = new IdSet(4)
  for (let i = 0; i < 10_000; i++) {
    const id = source.pick(pool)
    const isNew = !plain.has(id.toString('hex'))
    assert.is(flat.has(id, 0), !isNew)
    assert.is(flat.add(id, 0), isNew, `seed ${source.seed}`)
    plain.add(id.toString('hex'))
  }
  assert.is(flat.size, plain.size)
})
