import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { decodeFrame, hash, PackIndex, verifyPack } from '../../store/index.ts'
import { packPath } from '../../store/pack-file.ts'
import { encodeFooter, readPackFileIndex } from '../../store/pack-footer.ts'
import { codecRaw, codecZstd, packHead, SectionBuilder } from '../../store/pack-index.ts'
import { PackWriter } from '../../store/pack-writer.ts'
import { type Random, random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { damaged, rejectsCode, throwsCode } from './damage.ts'

const test = suite('store: packs')

// The worked example of docs/formats/pack.md: a frame with "hello", a frame with 200 times "a", both raw.
const goldenPack =
  '5a504b3100000000' +
  '68656c6c6f' +
  '61'.repeat(200) +
  '5a5058310200000002000000' +
  '080000000000000005000000050000000000000000' +
  '0d00000000000000c8000000c80000000100000000' +
  'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f05000000' +
  '22dee5ebfe8248a5fe4fb663016d8524c9a61eb36b7f7be8bb57057613230447c8000000' +
  'd5000000000000007e000000' +
  '2499250ae33cff8c4220cd84d5da81abd5a24265fe55b352c957dd508fda46dc' +
  '5a504b45'
const goldenId = '2499250ae33cff8c4220cd84d5da81abd5a24265fe55b352c957dd508fda46dc'

const chunk = (text: string) => {
  const bytes = Buffer.from(text)
  return { bytes, id: Buffer.from(hash(bytes), 'hex') }
}

interface TestFrame {
  codec: number
  stored: Uint8Array
  raw: number
  ids: Buffer
  sizes: number[]
}

/** A whole pack, as right or as wrong as its frames are. */
function packOf(frames: TestFrame[]): Buffer {
  const section = new SectionBuilder()
  let offset = packHead.length
  for (const { codec, stored, raw, ids, sizes } of frames) {
    section.add({ offset, stored: stored.length, raw, codec }, ids, sizes, sizes.length)
    offset += stored.length
  }
  const index = section.build()
  return Buffer.concat([packHead, ...frames.map((frame) => frame.stored), index, encodeFooter(index, offset)])
}

function rawFrame(...texts: string[]): TestFrame {
  const chunks = texts.map(chunk)
  const stored = Buffer.concat(chunks.map(({ bytes }) => bytes))
  const sizes = chunks.map(({ bytes }) => bytes.length)
  return { codec: codecRaw, stored, raw: stored.length, ids: Buffer.concat(chunks.map(({ id }) => id)), sizes }
}

test('golden bytes', async () => {
  const bytes = packOf([rawFrame('hello'), rawFrame('a'.repeat(200))])
  assert.is(bytes.toString('hex'), goldenPack)
  const verified = await verifyPack(Buffer.from(goldenPack, 'hex'))
  assert.is(verified.id, goldenId)
  assert.equal([verified.frames, verified.chunks, verified.rawBytes], [2, 2, 205])
  assert.is(new PackIndex(verified.index, goldenId).chunkId(0), hash(Buffer.from('hello')))
})

function randomChunks(source: Random): { bytes: Buffer; id: Buffer }[] {
  return Array.from({ length: 1 + source.below(60) }, (_, number) => {
    const length = source.pick([0, 1, 10, 300, 5000, 131072])
    const bytes = source.below(3) === 0 ? source.bytes(length) : Buffer.alloc(length, source.bytes(7))
    bytes.write(`${number}`.slice(0, length))
    return { bytes, id: Buffer.from(hash(bytes), 'hex') }
  })
}

async function writtenPack(folder: string, chunks: { bytes: Buffer; id: Buffer }[]): Promise<string> {
  const writer = new PackWriter(folder)
  for (const { bytes, id } of chunks) writer.add(id, 0, bytes)
  const packs = await writer.finish()
  assert.is(packs.length, 1)
  return packPath(folder, packs[0]!.id)
}

test('a written pack holds the chunks in the order in which they came', async () => {
  const source = random()
  for (let round = 0; round < 10; round++) {
    const folder = temporaryFolder()
    const chunks = randomChunks(source)
    const path = await writtenPack(folder, chunks)
    const index = readPackFileIndex(path)
    const file = readFileSync(path)
    const content: Buffer[] = []
    for (let frame = 0; frame < index.frames; frame++) {
      const { offset, stored, raw, codec } = index.frame(frame)
      assert.ok(raw <= 262144, 'a frame is larger than wanted')
      const bytes = decodeFrame(file.subarray(offset, offset + stored), codec, raw)!
      let at = 0
      for (let chunk = index.firstChunk(frame); chunk < index.firstChunk(frame + 1); chunk++) {
        content.push(Buffer.from(bytes.subarray(at, at + index.chunkSize(chunk))))
        at += index.chunkSize(chunk)
        assert.is(index.chunkId(chunk), hash(content.at(-1)!))
      }
    }
    assert.equal(content.length, chunks.length, `seed ${source.seed}`)
    assert.ok(
      content.every((bytes, i) => bytes.equals(chunks[i]!.bytes)),
      `seed ${source.seed}`,
    )
    assert.is((await verifyPack(path)).id, index.id)
    // Nothing else is left.
    assert.equal(readdirSync(folder), [index.id.slice(0, 2)])
  }
})

test('every truncation and every flipped bit is found, or changes no chunk', async () => {
  const source = random()
  const good = readFileSync(await writtenPack(temporaryFolder(), randomChunks(source).slice(0, 30)))
  const { id } = await verifyPack(good)
  for (const bad of damaged(good, source, 300)) {
    try {
      // A flipped bit in the head of a zstd frame can leave its content as it was: then all chunks are right.
      assert.is((await verifyPack(bad)).id, id)
    } catch (error) {
      assert.ok(isZagiError(error, 'PACK_CORRUPT') || isZagiError(error, 'CHUNK_CORRUPT'), `seed ${source.seed}`)
    }
  }
  const short = Buffer.from(goldenPack, 'hex')
  for (let length = 0; length < short.length; length++) {
    await rejectsCode(verifyPack(short.subarray(0, length)), ['PACK_CORRUPT'])
  }
  for (let bit = 0; bit < short.length * 8; bit++) {
    const bad = Buffer.from(short)
    bad[bit >> 3]! ^= 1 << (bit & 7)
    await rejectsCode(verifyPack(bad), ['PACK_CORRUPT', 'CHUNK_CORRUPT'])
  }
})

test('a damaged index section is refused whatever it claims', () => {
  const source = random()
  const section = Buffer.from(goldenPack, 'hex').subarray(213, -48)
  for (const bad of damaged(section, source, 2000)) {
    throwsCode(() => new PackIndex(bad, goldenId), ['PACK_CORRUPT'], `seed ${source.seed}`)
  }
})

test('lies in an index with a right checksum are refused before anything is allocated', async () => {
  const hello = rawFrame('hello')
  const lies: Record<string, TestFrame[]> = {
    'no frame': [],
    'a frame with no chunk': [{ ...hello, ids: Buffer.alloc(0), sizes: [] }],
    'sizes that do not add up': [{ ...hello, sizes: [4] }],
    'raw bytes of another number': [{ ...hello, raw: 6, sizes: [6] }],
    'an unknown codec': [{ ...hello, codec: 7 }],
    'four gigabytes': [{ ...hello, codec: codecZstd, raw: 0xffff_ffff, sizes: [0xffff_ffff] }],
    'a chunk that is another one': [{ ...hello, ids: chunk('world').id }],
  }
  for (const [lie, frames] of Object.entries(lies)) {
    await rejectsCode(verifyPack(packOf(frames)), ['PACK_CORRUPT', 'CHUNK_CORRUPT']).catch(() =>
      assert.unreachable(lie),
    )
  }
  await verifyPack(packOf([hello, rawFrame('', 'x', '')]))
  await verifyPack(packOf([rawFrame('')]))
})

test('a bomb is refused: more than a gigabyte, or more than was said', async () => {
  const zeros = Buffer.alloc(1 << 20)
  const stored = zstdCompressSync(zeros)
  const id = Buffer.from(hash(zeros), 'hex')
  const honest: TestFrame = { codec: codecZstd, stored, raw: zeros.length, ids: id, sizes: [zeros.length] }
  await verifyPack(packOf([honest]))
  await rejectsCode(verifyPack(packOf(Array.from({ length: 1200 }, () => honest))), ['PACK_CORRUPT'])
  const said = { ...honest, raw: 1000, sizes: [1000] }
  await rejectsCode(verifyPack(packOf([said])), ['PACK_CORRUPT'])
})

test('packs are closed at their size, the last chunk included', async () => {
  const folder = temporaryFolder()
  const writer = new PackWriter(folder)
  const source = random()
  const block = source.bytes(8 << 20)
  for (let i = 0; i < 10; i++) {
    block.writeUInt32LE(i)
    writer.add(Buffer.from(hash(block), 'hex'), 0, block)
  }
  const packs = await writer.finish()
  assert.equal(
    packs.map(({ section }) => new PackIndex(section).frames),
    [8, 2],
  )
  for (const { id, size } of packs) {
    assert.ok(size < 73 << 20)
    assert.is((await verifyPack(packPath(folder, id))).id, id)
  }
})

test('an aborted writer leaves nothing', () => {
  const folder = temporaryFolder()
  const writer = new PackWriter(folder)
  const large = Buffer.alloc(3 << 20, 'x')
  writer.add(chunk('x').id, 0, large)
  assert.is(readdirSync(folder).length, 1)
  writer.abort()
  assert.equal(readdirSync(folder), [])
})

test('a file that is no pack says so', async () => {
  const path = join(temporaryFolder(), 'x.pack')
  writeFileSync(path, 'x'.repeat(1000))
  await rejectsCode(verifyPack(path), ['PACK_CORRUPT'])
  await rejectsCode(verifyPack(`${path}.not`), ['FILE_NOT_FOUND'])
})
