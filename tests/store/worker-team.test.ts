import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as assert from 'uvu/assert'
import { ZagiError } from '../../base/index.ts'
import { ChunkIndex, type SharedIndex } from '../../store/chunk-index.ts'
import type { FileBatch } from '../../store/file-batch.ts'
import { hash } from '../../store/index.ts'
import { packError, unpackError } from '../../store/sent-error.ts'
import { SharedClaims } from '../../store/shared-claims.ts'
import { workerData } from '../../store/worker-data.ts'
import { startTeam } from '../../store/worker-team.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { rejectsCode } from './damage.ts'

const test = suite('store: worker threads')

const load = { weight: 1, ahead: true }

function scene() {
  const folder = temporaryFolder('team')
  mkdirSync(join(folder, 'files'))
  const data = workerData({ folder: join(folder, 'store'), index: new ChunkIndex([]), link: 'copy' }, 'store')
  const batchOf = (name: string): { kind: 'read'; batch: FileBatch } => {
    const path = join(folder, 'files', name)
    return {
      kind: 'read',
      batch: { entries: [0], paths: [path], sizes: [3], mtimes: [0n], inodes: [0n], adopt: [false] },
    }
  }
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'files', name), `${name}${name}${name}`)
  return { folder, data, batchOf }
}

test('threads do what they are asked, and end', async () => {
  const { data, batchOf } = scene()
  const team = startTeam(data, undefined)
  const replies = await Promise.all(['a', 'b', 'a', 'b', 'none'].map((name) => team.submit(batchOf(name), load)))
  const ids = replies.map(({ results }) => Buffer.from(results.ids).toString('hex'))
  assert.equal(
    ids.slice(0, 4),
    ['aaa', 'bbb', 'aaa', 'bbb'].map((text) => hash(Buffer.from(text))),
  )
  assert.is(replies[4]!.results.flags[0], 255, 'gone')
  const ended = await team.end()
  assert.is(
    ended.reduce((sum, { stored }) => sum + (stored?.newChunks ?? 0), 0),
    2,
    'each chunk is stored by one thread',
  )
})

test('the first failure ends all, with its code and hint', async () => {
  const { folder, data, batchOf } = scene()
  const team = startTeam(data, undefined)
  const good = team.submit(batchOf('a'), load)
  const bad = team.submit(batchOf('.'), load)
  await Promise.allSettled([good, bad])
  const error = await rejectsCode(bad, ['FILE_CHANGED'])
  assert.ok((error as ZagiError).hint)
  await team.stop(error)
  await rejectsCode(team.submit(batchOf('a'), load), ['FILE_CHANGED'])
  assert.not.ok(existsSync(join(folder, 'store', 'packs')) && readdirSync(join(folder, 'store', 'packs')).length > 0)
})

test('a bug in a thread is a failure, not a hang', async () => {
  const { data, batchOf } = scene()
  const team = startTeam({ ...data, index: [5] as unknown as SharedIndex }, undefined)
  const error = await team.submit(batchOf('a'), load).then(
    () => undefined,
    (error: Error) => error,
  )
  assert.instance(error, Error)
  assert.not.instance(error, ZagiError)
  await team.stop(error!)
})

test('errors keep what they are on their way', () => {
  const error = new ZagiError('DISK_FULL', 'No space', { hint: 'Free some' })
  const back = unpackError(structuredClone(packError(error))) as ZagiError
  assert.equal([back.code, back.message, back.hint], ['DISK_FULL', 'No space', 'Free some'])
  assert.not.instance(unpackError(packError(new Error('Bug: x'))), ZagiError)
  assert.is(unpackError(packError('text')).message, 'text')
})

test('a claim is given once, whichever thread asks', async () => {
  for (const slots of [2 ** 16, 64]) {
    const claims = new SharedClaims(undefined, slots)
    const module = new URL('../../store/shared-claims.ts', import.meta.url).href
    const script = `import { parentPort, workerData } from 'node:worker_threads'
      import { createHash } from 'node:crypto'
      import { SharedClaims } from ${JSON.stringify(module)}
      const claims = new SharedClaims(workerData)
      let won = 0
      for (let i = 0; i < 20000; i++) if (claims.add(createHash('sha256').update(String(i % 10000)).digest(), 0)) won++
      parentPort.postMessage(won)`
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`)
    const counts = await Promise.all(
      [0, 1, 2].map(
        () =>
          new Promise<number>((resolve, reject) => {
            const worker = new Worker(url, { workerData: claims.buffer })
            worker.once('message', resolve).once('error', reject)
          }),
      ),
    )
    const sum = counts.reduce((a, b) => a + b)
    // A small set fills up, and then each thread goes by its own.
    if (slots > 10_000) assert.is(sum, 10_000)
    else assert.ok(sum > 10_000 && sum <= 30_000, `${sum}`)
  }
})
