import * as assert from 'uvu/assert'
import { KnownChunks } from '../../nix-server/known-chunks.ts'
import { PackIndex } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('nix-server: known chunks')

const { seed, bytes, below } = random()

/** An index over these ids, several to a frame; every chunk has one byte. See docs/formats/pack.md. */
function packOf(ids: Buffer[], perFrame: number): PackIndex {
  const frames = Math.ceil(ids.length / perFrame)
  const section = Buffer.alloc(12 + frames * 21 + ids.length * 36)
  section.write('ZPX1', 'latin1')
  section.writeUInt32LE(frames, 4)
  section.writeUInt32LE(ids.length, 8)
  for (let frame = 0; frame < frames; frame++) {
    const at = 12 + frame * 21
    const first = frame * perFrame
    const count = Math.min(perFrame, ids.length - first)
    section.writeBigUInt64LE(BigInt(8 + first), at)
    section.writeUInt32LE(count, at + 8)
    section.writeUInt32LE(count, at + 12)
    section.writeUInt32LE(first, at + 16)
  }
  ids.forEach((id, chunk) => {
    const at = 12 + frames * 21 + chunk * 36
    id.copy(section, at)
    section.writeUInt32LE(1, at + 32)
  })
  return new PackIndex(section)
}

function randomIds(count: number): Buffer[] {
  return Array.from({ length: count }, () => bytes(32))
}

test('every chunk of every pack is found, by its id and by the beginning of it', () => {
  const known = new KnownChunks()
  const packs = [1, 700, 3000].map((count) => ({ ids: randomIds(count), perFrame: 1 + below(9) }))
  for (const { ids, perFrame } of packs) known.add(packOf(ids, perFrame))
  for (const [number, { ids, perFrame }] of packs.entries()) {
    ids.forEach((id, chunk) => {
      const place = known.find(id.toString('hex'))
      assert.is(place?.packNumber, number, `seed ${seed}`)
      assert.is(place?.chunk, chunk)
      assert.is(place?.frame, Math.floor(chunk / perFrame))
      assert.ok(known.has(id, 0, 12))
    })
  }
  for (const id of randomIds(2000)) {
    assert.is(known.find(id.toString('hex')), undefined)
    assert.not.ok(known.has(id, 0, 12))
  }
})

test('a chunk in two packs is found in the first, and a pack counts once', () => {
  const known = new KnownChunks()
  const ids = randomIds(10)
  const first = packOf(ids, 3)
  known.add(first)
  known.add(packOf([...randomIds(5), ...ids], 4))
  known.add(first)
  const places = ids.map((id) => known.find(id.toString('hex'))!)
  assert.ok(places.every(({ pack }) => pack === first))
  assert.is(new Set(places.map(({ entry }) => entry)).size, ids.length)
  assert.ok(known.hasPack(first.id))
})

test('ids with long common beginnings are told apart', () => {
  const known = new KnownChunks()
  const start = bytes(31)
  const ids = Array.from({ length: 256 }, (_, last) => Buffer.concat([start, Buffer.from([last])]))
  known.add(packOf(ids.slice(0, 128), 50))
  for (const [last, id] of ids.entries()) {
    const place = known.find(id.toString('hex'))
    assert.is(place?.chunk, last < 128 ? last : undefined)
  }
})
