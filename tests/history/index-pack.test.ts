import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { applyDelta } from '../../history/git/delta.ts'
import { objectId } from '../../history/git/git-object.ts'
import { indexPack } from '../../history/git/index-pack.ts'
import { PackBuilder } from '../../history/git/pack-builder.ts'
import { encodeEntryHeader, readEntryHeader } from '../../history/git/pack-entry.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { gitRepository } from './git-program.ts'

const test = suite('history: index of a pack')

function samplePack(): { name: string; pack: Buffer; index: Buffer } {
  const { folder, git } = gitRepository()
  for (let version = 0; version < 6; version++) {
    writeFileSync(
      join(folder, 'file'),
      Array.from({ length: 300 }, (_, i) => `${i} ${i === version ? 'x' : ''}\n`).join(''),
    )
    git('add', '-A')
    git('commit', '-qm', String(version))
  }
  git('gc', '-q')
  const packs = join(folder, '.git', 'objects', 'pack')
  const file = readdirSync(packs).find((name) => name.endsWith('.pack'))!
  const pack = readFileSync(join(packs, file))
  const index = readFileSync(join(packs, file.replace(/\.pack$/, '.idx')))
  return { name: `pack-${pack.toString('hex', pack.length - 20)}`, pack, index }
}

test('makes the same index as git, byte for byte', async () => {
  const { name, pack, index } = samplePack()
  assert.equal(await indexPack(name, pack), index)
})

test('makes the index of a pack of our own that its builder made', async () => {
  const builder = new PackBuilder()
  for (let i = 0; i < 500; i++) {
    const bytes = Buffer.from(`blob ${i}`)
    builder.add(objectId('blob', bytes), 'blob', bytes)
  }
  const { name, pack, index, objects } = builder.finish()
  assert.is(objects, 500)
  assert.equal(await indexPack(name, pack), index)
})

test('refuses a pack with any byte flipped, cut anywhere, or under another name', async () => {
  const { name, pack } = samplePack()
  const { seed, below } = random()
  const refused = async (bytes: Buffer, under: string, what: string) => {
    try {
      await indexPack(under, bytes)
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT') || isZagiError(error, 'TOO_LARGE'), `${what}: ${error}`)
      return
    }
    assert.unreachable(`${what} was taken`)
  }
  for (let round = 0; round < 100; round++) {
    const damaged = Buffer.from(pack)
    const at = below(pack.length)
    damaged[at]! ^= 1 << below(8)
    await refused(damaged, name, `seed ${seed} byte ${at}`)
    await refused(resealed(damaged).pack, resealed(damaged).name, `resealed, seed ${seed} byte ${at}`).catch(
      (error) => {
        // The name of an object is not in the pack: a flipped byte in content that still inflates makes another object.
        if (!String(error).includes('was taken')) throw error
      },
    )
    await refused(pack.subarray(0, at), name, `seed ${seed} cut ${at}`)
  }
  await refused(pack, `pack-${'0'.repeat(40)}`, 'another name')
})

test('refuses a delta whose base is not in the pack, and an object that is there twice', async () => {
  const builder = new PackBuilder()
  const delta = Buffer.from([1, 1, 0x01, 0x41])
  builder.addCompressed('', encodeEntryHeader({ baseId: '1'.repeat(40) }, delta.length), deflateSync(delta))
  const thin = builder.finish()
  await throwsCorrupt(() => indexPack(thin.name, thin.pack), /base of a delta/)
  const twice = new PackBuilder()
  for (let i = 0; i < 2; i++) twice.add(objectId('blob', Buffer.from('a')), 'blob', Buffer.from('a'))
  const built = twice.finish()
  await throwsCorrupt(() => indexPack(built.name, built.pack), /twice/)
})

test('applies deltas within their bounds only', () => {
  const base = Buffer.from('hello world')
  const fail = (why: string): never => {
    throw new Error(why)
  }
  const insert = Buffer.concat([Buffer.from([11, 8, 0x90, 5, 3]), Buffer.from(' ok')])
  assert.is(applyDelta(base, insert, fail).toString(), 'hello ok')
  const { seed, below, bytes } = random()
  for (let round = 0; round < 5000; round++) {
    const delta = below(2) ? bytes(below(12)) : Buffer.concat([Buffer.from([11]), bytes(below(12))])
    try {
      applyDelta(base, delta, fail)
    } catch (error) {
      assert.match(String(error), /delta|limit/, `seed ${seed} round ${round}`)
    }
  }
})

test('entry headers survive being written and read', () => {
  const fail = (why: string): never => {
    throw new Error(why)
  }
  for (const size of [0, 1, 15, 16, 2047, 2048, 2 ** 31, 2 ** 40]) {
    const whole = readEntryHeader(Buffer.concat([encodeEntryHeader('blob', size), Buffer.alloc(4)]), 12, fail)
    assert.equal([whole.kind, whole.size], ['blob', size])
    for (const back of [1, 127, 128, 16511, 16512, 2 ** 33]) {
      const header = encodeEntryHeader({ back }, size)
      const read = readEntryHeader(header, back + 12, fail)
      assert.equal([read.kind, read.size, read.baseOffset, read.length], [undefined, size, 12, header.length])
    }
  }
})

async function throwsCorrupt(action: () => Promise<unknown>, pattern: RegExp): Promise<void> {
  try {
    await action()
  } catch (error) {
    assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT'), String(error))
    assert.match(String(error), pattern)
    return
  }
  assert.unreachable('nothing was refused')
}

/** The pack with a checksum that fits again, so that what lies behind the checksum is tested. */
function resealed(pack: Buffer): { name: string; pack: Buffer } {
  const body = pack.subarray(0, pack.length - 20)
  const trailer = createHash('sha1').update(body).digest()
  return { name: `pack-${trailer.toString('hex')}`, pack: Buffer.concat([body, trailer]) }
}
