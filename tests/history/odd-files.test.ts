import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { suite } from '../helpers/suite.ts'
import { rejects } from './rejects.ts'
import { author, zagiRepository } from './zagi-repository.ts'

const test = suite('history: odd files')

test('a FIFO or socket is refused by name, unless it is ignored', async () => {
  const { folder, repository } = zagiRepository()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const fifo = await rejects(repository.snapshot({ author }), 'FILE_TYPE')
  assert.match(fifo.message, '"pipe" is a FIFO')
  rmSync(join(folder, 'pipe'))
  mkdirSync(join(folder, 'run'))
  const server = createServer().listen(join(folder, 'run', 's.sock'))
  await new Promise((done) => server.once('listening', done))
  try {
    const socket = await rejects(repository.snapshot({ author }), 'FILE_TYPE')
    assert.match(socket.message, '"run/s.sock" is a socket')
    writeFileSync(join(folder, '.gitignore'), '*.sock\n')
    assert.equal(
      (await repository.status({ author })).files.map((file) => file.path),
      ['.gitignore'],
    )
  } finally {
    server.close()
  }
})

test('a name that is not UTF-8 is refused, unless it is ignored', async () => {
  const { folder, repository } = zagiRepository()
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff, 0xfe])]), 'x')
  const error = await rejects(repository.snapshot({ author }), 'NAME_NOT_UTF8')
  assert.match(error.message, 'bad-')
  writeFileSync(join(folder, '.gitignore'), 'bad-*\n')
  await repository.snapshot({ author })
  writeFileSync(join(folder, 'good-\ufffd'), 'this name really has U+FFFD in it')
  assert.equal(
    (await repository.status({ author })).files.map((file) => file.path),
    ['.gitignore', 'good-\ufffd'],
  )
})

test('names that Git takes for its own folder on some system are refused', async () => {
  const { folder, repository } = zagiRepository()
  for (const name of ['.GIT', 'git~1', '.git ', '.g\u200cit', '.git::$INDEX_ALLOCATION']) {
    mkdirSync(join(folder, 'x', name), { recursive: true })
    writeFileSync(join(folder, 'x', name, 'file'), '')
    const error = await rejects(repository.snapshot({ author }), 'PATH_UNSAFE')
    assert.match(error.message, JSON.stringify(`x/${name}`).slice(1, -1))
    rmSync(join(folder, 'x'), { recursive: true })
  }
  for (const name of ['.gitignored', 'git~2', 'gitter', '.github']) writeFileSync(join(folder, name), '')
  assert.is((await repository.status({ author })).files.length, 4)
})

test('links are recorded, never followed', async () => {
  const { folder, repository } = zagiRepository()
  symlinkSync('/etc', join(folder, 'etc'))
  symlinkSync('loop', join(folder, 'loop'))
  const { commit } = await repository.snapshot({ author })
  assert.equal(repository.readFolder(commit, ''), [
    { name: 'etc', kind: 'link' },
    { name: 'loop', kind: 'link' },
  ])
  assert.is(Buffer.from(repository.readFile(commit, 'etc')!).toString(), '/etc')
  rmSync(join(folder, '.zagi'), { recursive: true })
  symlinkSync('/tmp', join(folder, '.zagi'))
  await rejects(repository.snapshot({ author }), 'PATH_UNSAFE')
})

test('a file that changes all the time is refused in the end, and read whole once it rests', async () => {
  const { folder, repository } = zagiRepository()
  const path = join(folder, 'busy')
  writeFileSync(path, Buffer.alloc(4_000_000))
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const code = `
    const { workerData } = require('node:worker_threads')
    const fs = require('node:fs')
    const file = fs.openSync(workerData.path, 'r+')
    for (let i = 0; Atomics.load(workerData.stop, 0) === 0; i++) fs.writeSync(file, String(i % 10), i % 1000)`
  const worker = new Worker(code, { eval: true, workerData: { path, stop } })
  const ended = new Promise((done) => worker.once('exit', done))
  await new Promise((done) => worker.once('online', done))
  try {
    for (let i = 0; i < 20; i++) {
      try {
        await repository.snapshot({ author })
      } catch (error) {
        assert.ok(isZagiError(error, 'FILE_CHANGED'), String(error))
        assert.match(String(error), 'busy')
        return
      }
    }
    assert.unreachable('the change was not noticed')
  } finally {
    Atomics.store(stop, 0, 1)
    await ended
    await repository.snapshot({ author })
  }
})
