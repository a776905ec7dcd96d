import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { objectId } from '../../history/git/git-object.ts'
import { ObjectDatabase } from '../../history/git/object-database.ts'
import { ObjectWriter } from '../../history/git/object-writer.ts'
import { PackFile } from '../../history/git/pack-file.ts'
import { PackIndex } from '../../history/git/pack-index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Git, gitRepository } from './git-program.ts'

const test = suite('history: objects')

/** A repository whose objects are all packed, many as deltas, with a big file that takes several reads. */
function packedRepository(): { folder: string; git: Git } {
  const { folder, git } = gitRepository()
  const { bytes, below } = random(7)
  const big = bytes(200_000)
  for (let version = 0; version < 12; version++) {
    mkdirSync(join(folder, 'src'), { recursive: true })
    const lines = Array.from(
      { length: 400 },
      (_, line) => `line ${line} of ${line % 7 === version ? version : 'many'}\n`,
    )
    writeFileSync(join(folder, 'src', 'text.txt'), lines.join(''))
    big[below(big.length)]! ^= 1
    writeFileSync(join(folder, 'big.bin'), big)
    git('add', '-A')
    git('commit', '-qm', `version ${version}`)
  }
  git('tag', '-a', '-m', 'a tag', 'v1')
  git('gc', '-q', '--aggressive')
  return { folder, git }
}

function allObjects(git: Git): { id: string; kind: string; size: number }[] {
  const lines = git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n')
  return lines.map((line) => {
    const [id = '', kind = '', size] = line.split(' ')
    return { id, kind, size: Number(size) }
  })
}

function packPath(folder: string): string {
  const packs = join(folder, '.git', 'objects', 'pack')
  return join(packs, readdirSync(packs).find((name) => name.endsWith('.pack'))!)
}

test('reads every object of a pack that git made, deltas included', () => {
  const { folder, git } = packedRepository()
  const verified = execFileSync('git', ['verify-pack', '-v', packPath(folder)], { encoding: 'utf8' })
  assert.match(verified, /chain length = [3-9]/, 'the pack has chains of deltas')
  const database = new ObjectDatabase(join(folder, '.git', 'objects'))
  for (const { id, kind, size } of allObjects(git)) {
    const object = database.read(id)
    assert.is(object.kind, kind)
    assert.is(object.bytes.length, size)
    assert.is(database.kind(id), kind)
    assert.ok(database.has(id))
    assert.ok(database.withPrefix(id.slice(0, 6)).includes(id))
  }
  database.close()
})

test('reads offset deltas and named deltas alike', () => {
  const { folder, git } = packedRepository()
  git('-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq')
  const database = new ObjectDatabase(join(folder, '.git', 'objects'))
  for (const { id, size } of allObjects(git)) assert.is(database.read(id).bytes.length, size)
})

test('finds packs that appear later, and borrows from another repository', () => {
  const { folder, git } = packedRepository()
  const id = git('rev-parse', 'HEAD').trim()
  const borrower = temporaryFolder('borrower')
  git('clone', '-q', '--shared', folder, borrower)
  assert.ok(new ObjectDatabase(join(borrower, '.git', 'objects')).has(id))

  const { folder: other } = gitRepository()
  const database = new ObjectDatabase(join(other, '.git', 'objects'))
  assert.not(database.has(id))
  const from = packPath(folder)
  for (const ending of ['.pack', '.idx']) {
    const name = from.replace(/\.pack$/, ending)
    renameSync(name, join(other, '.git', 'objects', 'pack', name.split('/').at(-1)!))
  }
  assert.is(database.read(id).kind, 'commit')
})

test('goes on reading when git repacks underneath', () => {
  const { folder, git } = packedRepository()
  const database = new ObjectDatabase(join(folder, '.git', 'objects'))
  const [first, ...rest] = allObjects(git)
  database.read(first!.id)
  writeFileSync(join(folder, 'more'), 'more')
  git('add', '-A')
  git('commit', '-qm', 'more')
  git('repack', '-adq')
  for (const { id } of rest) database.read(id)
  assert.is(database.read(git('rev-parse', 'HEAD').trim()).kind, 'commit')
})

test('writes loose objects and packs that git reads, and each object once', () => {
  const { folder, git } = gitRepository()
  const database = new ObjectDatabase(join(folder, '.git', 'objects'))
  for (const count of [3, 200]) {
    const writer = new ObjectWriter(database)
    const ids = Array.from({ length: count }, (_, i) => writer.add('blob', Buffer.from(`${count} blob ${i}`)))
    writer.add('blob', Buffer.from(`${count} blob 0`))
    writer.finish()
    for (const [i, id] of ids.entries()) {
      assert.is(git('cat-file', 'blob', id), `${count} blob ${i}`)
      assert.ok(database.has(id))
    }
  }
  assert.match(git('count-objects', '-v'), /count: 3\nsize: \d+\nin-pack: 200\npacks: 1/)
  const again = new ObjectWriter(database)
  again.add('blob', Buffer.from('3 blob 0'))
  again.finish()
  assert.match(git('count-objects', '-v'), /count: 3\n/)
  git('fsck', '--strict')
})

test('a flipped byte anywhere in a pack gives a clear error or the right object, never a wrong one', () => {
  const { folder, git } = packedRepository()
  const objects = allObjects(git)
  const path = packPath(folder)
  const intact = readFileSync(path)
  const { seed, below, pick } = random()
  for (let round = 0; round < 60; round++) {
    const damaged = Buffer.from(intact)
    const at = 12 + below(intact.length - 12)
    damaged[at]! ^= 1 << below(8)
    execFileSync('chmod', ['u+w', path])
    writeFileSync(path, damaged)
    const database = new ObjectDatabase(join(folder, '.git', 'objects'))
    for (let i = 0; i < 10; i++) {
      const { id, size } = pick(objects)
      try {
        const object = database.read(id)
        assert.is(object.bytes.length, size)
        assert.is(objectId(object.kind, object.bytes), id)
      } catch (error) {
        const known = isZagiError(error, 'GIT_OBJECT_CORRUPT') || isZagiError(error, 'TOO_LARGE')
        assert.ok(known, `seed ${seed} byte ${at}: ${error}`)
      }
    }
    database.close()
  }
})

test('a damaged pack index gives a clear error', () => {
  const { folder } = packedRepository()
  const path = packPath(folder).replace(/\.pack$/, '.idx')
  const intact = readFileSync(path)
  const { seed, below, bytes } = random()
  const copy = join(temporaryFolder('idx'), 'pack-x.idx')
  for (let round = 0; round < 300; round++) {
    const damaged = Buffer.from(intact).subarray(0, below(3) ? intact.length : below(intact.length))
    for (let i = 0; i < 5; i++)
      bytes(1).copy(damaged, below(Math.min(damaged.length, round % 2 ? 1100 : damaged.length)))
    writeFileSync(copy, damaged)
    try {
      const index = new PackIndex(copy)
      for (let i = 0; i < 20; i++) index.find(bytes(20).toString('hex'))
      index.withPrefix(bytes(2).toString('hex'))
      index.close()
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT'), `seed ${seed} round ${round}: ${error}`)
    }
  }
})

test('refuses sizes that no object can have before allocating', () => {
  // One entry: a blob that claims 2^40 bytes.
  const header = Buffer.from([0xb0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])
  const pack = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1'), header, Buffer.alloc(60)])
  const path = join(temporaryFolder('pack'), 'pack-x.pack')
  writeFileSync(path, pack)
  const file = new PackFile(path)
  assert.throws(
    () => file.readRaw(12),
    (error: unknown) => isZagiError(error, 'TOO_LARGE'),
  )
})

test('refuses damaged loose objects', () => {
  const { folder, git } = gitRepository()
  const id = git('hash-object', '-w', '/etc/hostname').trim()
  const path = join(folder, '.git', 'objects', id.slice(0, 2), id.slice(2))
  const intact = readFileSync(path)
  const { seed, below } = random()
  for (let round = 0; round < 200; round++) {
    const damaged = Buffer.from(intact.subarray(0, below(4) ? intact.length : below(intact.length)))
    if (damaged.length > 0) damaged[below(damaged.length)]! ^= 1 << below(8)
    execFileSync('chmod', ['u+w', path])
    writeFileSync(path, damaged)
    try {
      assert.is(objectId('blob', new ObjectDatabase(join(folder, '.git', 'objects')).read(id).bytes), id)
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_OBJECT_CORRUPT'), `seed ${seed} round ${round}: ${error}`)
    }
  }
  appendFileSync(path, '')
})
