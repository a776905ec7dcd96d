import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { withLock, withLockSync } from '../../history/working-copy/working-copy-lock.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('history: lock of the working copy')

const lockPath = () => join(temporaryFolder('lock'), 'lock')

test('one at a time, and free afterwards, also after a failure', async () => {
  const path = lockPath()
  let inside = 0
  const work = () =>
    withLock(path, async () => {
      assert.is(++inside, 1)
      await new Promise((done) => setTimeout(done, 5))
      inside--
    })
  await Promise.all(Array.from({ length: 8 }, work))
  const failing = () => {
    throw new Error('on purpose')
  }
  assert.throws(() => withLockSync(path, failing), 'on purpose')
  assert.not(existsSync(path))
})

test('the lock of a process that is gone is taken over', async () => {
  const { pid } = spawnSync('true')
  const holders = [
    { pid, started: '1', host: hostname() },
    // A process of today with a number that was used before.
    { pid: process.pid, started: '1', host: hostname() },
  ]
  for (const holder of holders) {
    const path = lockPath()
    writeFileSync(path, JSON.stringify(holder))
    assert.is(
      withLockSync(path, () => 'done'),
      'done',
    )
  }
  const path = lockPath()
  writeFileSync(path, 'half a li')
  assert.is(await withLock(path, async () => 'done'), 'done')
})

test('a lock that somebody else took meanwhile is not removed', () => {
  const path = lockPath()
  withLockSync(path, () => writeFileSync(path, 'another'))
  assert.is(readFileSync(path, 'utf8'), 'another')
})
