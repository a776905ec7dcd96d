import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { createToken, startServer } from '../../nix-server/index.ts'
import { httpBackend, localBackend, memoryBackend, openBackend } from '../../store/index.ts'
import { replaceVersioned } from '../../store/versioned-file.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { backendContract, packObject, refs, refsKey } from './backend-contract.ts'
import { rejectsCode, throwsCode } from './damage.ts'

backendContract(suite('store: memory backend'), {
  open: async () => ({ backend: memoryBackend(), close: async () => {} }),
  removes: true,
})

const local = suite('store: local backend')

backendContract(local, {
  open: async () => ({ backend: localBackend(join(temporaryFolder(), 'remote')), close: async () => {} }),
  removes: true,
})

backendContract(suite('store: HTTP backend'), {
  open: async () => {
    const data = temporaryFolder('server')
    const { token } = createToken(data, 'write', 'contract')
    const server = await startServer({ data, port: 0 })
    return { backend: httpBackend({ url: server.url, token }), close: () => server.close() }
  },
  removes: false,
})

local('leaves nothing but the objects behind', async () => {
  const folder = temporaryFolder()
  const backend = localBackend(folder)
  const { key, bytes } = packObject('one')
  await backend.put(key, bytes)
  let version: string | undefined
  for (let i = 0; i < 40; i++) version = await backend.replace(refsKey, refs(`n${i}`), version)
  const names = readdirSync(folder, { recursive: true }).map(String)
  assert.not.ok(names.some((name) => name.includes('.tmp-')))
  assert.is(names.filter((name) => name.includes('refs@/')).length, 16)
})

local('who slept while many others replaced has lost, however old versions were removed', async () => {
  const folder = join(temporaryFolder(), 'refs@')
  const first = replaceVersioned(folder, Buffer.from('1'), undefined)!
  let version: string | undefined = first
  for (let i = 2; i < 40; i++) version = replaceVersioned(folder, Buffer.from(`${i}`), version)
  assert.is(replaceVersioned(folder, Buffer.from('late'), first), undefined)
  assert.is(replaceVersioned(folder, Buffer.from('late'), undefined), undefined)
  assert.is(readdirSync(folder).length, 16)
})

local('no update of several processes is lost', async () => {
  const folder = temporaryFolder()
  const script = fileURLToPath(import.meta.resolve('./count-up.ts'))
  const statuses = await Promise.all(
    [1, 2, 3, 4].map(() => {
      const child = spawn(process.execPath, [script, folder, '40'], { stdio: 'inherit' })
      return new Promise((resolve) => child.on('close', resolve))
    }),
  )
  assert.equal(statuses, [0, 0, 0, 0])
  assert.is(Buffer.from((await localBackend(folder).getVersioned('counter'))!.bytes).toString(), '160')
})

local('a folder in the place of an object is no object', async () => {
  const folder = temporaryFolder()
  const backend = localBackend(folder)
  const { key, bytes } = packObject('one')
  mkdirSync(join(folder, key), { recursive: true })
  assert.is(await backend.head(key), undefined)
  await rejectsCode(backend.get(key), ['KEY_NOT_FOUND'])
  rmSync(join(folder, key), { recursive: true })
  await backend.put(key, bytes)
  writeFileSync(join(folder, 'file'), 'x')
  await rejectsCode(backend.get('file/below'), ['KEY_NOT_FOUND'])
})

local('opened by address', async () => {
  const folder = join(temporaryFolder('a b'), 'remote')
  const { key, bytes } = packObject('one')
  await localBackend(folder).put(key, bytes)
  assert.ok(bytes.equals(await openBackend(`file://${encodeURI(folder)}/`).get(key)))
  assert.is(openBackend('https://zagi.example.org/').address, 'https://zagi.example.org')
  for (const address of [
    's3://bucket',
    'zagi.example.org',
    '',
    'file://elsewhere/x',
    'http://',
    'https://u:secret@x.org',
  ]) {
    throwsCode(() => openBackend(address), ['BAD_NAME'])
  }
})
