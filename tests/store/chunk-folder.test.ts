import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { chunkFolder, hash } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rejectsCode } from './damage.ts'

const test = suite('store: chunk statistics')

test('counts files, chunks and what is unique, by threads or not', async () => {
  const folder = temporaryFolder('chunk')
  const source = random(5)
  const big = Buffer.concat(Array.from({ length: 40 }, () => source.bytes(20_000)))
  mkdirSync(join(folder, 'sub'))
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, `small ${i}`), `${i % 10}`)
  writeFileSync(join(folder, 'sub', 'big'), big)
  writeFileSync(join(folder, 'sub', 'big 2'), big)
  const few = await chunkFolder(folder)
  assert.equal([few.files, few.distinctFiles, few.bytes], [22, 11, 20 + 2 * big.length])
  assert.is(few.uniqueChunks, few.ids.size)
  assert.is(few.uniqueBytes, 10 + big.length)
  assert.is(few.chunks, 20 + 2 * (few.uniqueChunks - 10))
  assert.is(few.ids.get(hash(Buffer.from('3'))), 1)
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, 'sub', `${i}`), `${i % 10}`)
  const many = await chunkFolder(folder)
  assert.equal(many.ids, few.ids)
  assert.equal([many.files, many.distinctFiles, many.chunks], [322, 11, few.chunks + 300])
  const without = await chunkFolder(folder, { exclude: (path, isFolder) => isFolder && path === 'sub' })
  assert.is(without.files, 20)
  assert.is((await chunkFolder(temporaryFolder('chunk'))).chunks, 0)
  await rejectsCode(chunkFolder(folder, { signal: AbortSignal.abort() }), ['INTERRUPTED'])
})
