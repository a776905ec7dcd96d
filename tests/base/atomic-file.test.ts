import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { ensureFolder, errnoOf, isZagiError, readFileIfPresent, writeFileAtomic } from '../../base/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('base: atomic files')

test('replaces a file and leaves nothing else behind', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  writeFileAtomic(path, 'one')
  writeFileAtomic(path, 'two', { mode: 0o600 })
  assert.is(readFileSync(path, 'utf8'), 'two')
  assert.is(statSync(path).mode & 0o777, 0o600)
  assert.equal(readdirSync(folder), ['a'])
})

test('exclusive keeps what is there', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  writeFileAtomic(path, 'one', { exclusive: true })
  try {
    writeFileAtomic(path, 'two', { exclusive: true })
    assert.unreachable()
  } catch (error) {
    assert.is(errnoOf(error), 'EEXIST')
  }
  assert.is(readFileSync(path, 'utf8'), 'one')
  assert.equal(readdirSync(folder), ['a'])
})

test('says what could not be written and why', () => {
  const path = join(temporaryFolder(), 'no', 'such', 'file')
  try {
    writeFileAtomic(path, 'x')
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'FILE_NOT_FOUND'))
    assert.match((error as Error).message, path)
  }
  assert.not(existsSync(path))
})

test('reading a file that is not there gives undefined', () => {
  const folder = temporaryFolder()
  assert.is(readFileIfPresent(join(folder, 'none')), undefined)
})

test('makes folders with their parents, and ends where none can be made', () => {
  const path = join(temporaryFolder(), 'a', 'b', 'c')
  ensureFolder(path, 0o700)
  ensureFolder(path)
  assert.is(statSync(path).mode & 0o777, 0o700)
  writeFileAtomic(join(path, 'file'), '')
  for (const [impossible, code] of [
    [join(path, 'file'), 'SYSTEM'],
    [join(path, 'file', 'x'), 'FILE_NOT_FOUND'],
    ['/proc/no/such', 'FILE_NOT_FOUND'],
  ] as const) {
    assert.throws(
      () => ensureFolder(impossible),
      (error: unknown) => isZagiError(error, code),
    )
  }
})
