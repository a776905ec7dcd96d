import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { type DepsPointer, formatDepsPointer, parseDepsPointer, pathRewriter, projectToken } from '../../deps/index.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('deps: pointer')

const page = (name: string) => readFileSync(new URL(`../../docs/formats/${name}.md`, import.meta.url), 'utf8')

const pointer: DepsPointer = {
  version: 1,
  system: 'linux-x64',
  root: '5a0f8a6cd1f2f1b6e7c4c3f6a2f4f1f0b9b8b7b6b5b4b3b2b1b0a9a8a7a6a5a4',
  times: { id: '00112233445566778899aabbccddeeff'.repeat(2), size: 123456, chunked: true },
  folders: [
    { path: 'node_modules', manager: 'npm', packages: 58 },
    { path: '.venv', manager: 'python', packages: 3 },
    { path: 'packages/web/node_modules', manager: 'npm', packages: 0 },
  ],
  files: 12345,
  bytes: 67890123,
  packages: 61,
}

test('the text is that of the documentation', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page('deps-pointer'))?.[1]
  assert.is(formatDepsPointer(pointer), example)
  const parsed = parseDepsPointer(Buffer.from(example ?? ''))
  assert.equal(parsed, { ...pointer, folders: [...pointer.folders].sort((a, b) => (a.path < b.path ? -1 : 1)) })
  assert.is(formatDepsPointer(parsed), example)
})

test('a project without dependency folders', () => {
  const empty = { ...pointer, folders: [], packages: 0 }
  assert.equal(parseDepsPointer(Buffer.from(formatDepsPointer(empty))), empty)
})

function refused(change: object | string, code: 'MANIFEST_CORRUPT' | 'FORMAT_TOO_NEW' = 'MANIFEST_CORRUPT'): void {
  const text = typeof change === 'string' ? change : JSON.stringify({ ...pointer, ...change })
  try {
    parseDepsPointer(Buffer.from(text, 'latin1'))
  } catch (error) {
    assert.ok(isZagiError(error, code), `${text.slice(0, 200)}: ${error}`)
    assert.ok(isZagiError(error) && error.hint)
    return
  }
  assert.unreachable(`accepted: ${text.slice(0, 200)}`)
}

test('damaged and hostile content is refused', () => {
  for (const text of ['', '{', '[]', 'null', '"x"', '\xff', '{"version":1}', ' '.repeat(4 * 1024 * 1024 + 1)])
    refused(text)
  refused({ version: 2 }, 'FORMAT_TOO_NEW')
  for (const version of [0, -1, 1.5, '1', null]) refused({ version })
  for (const system of ['windows-x64', '', 1, null]) refused({ system })
  for (const root of ['', 'A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(64)}\n`, 7, null]) refused({ root })
  for (const times of [null, [], {}, { ...pointer.times, chunked: 1 }, { ...pointer.times, size: -1 }])
    refused({ times })
  for (const count of [-1, 0.5, '1', null, Number.MAX_SAFE_INTEGER + 1]) refused({ files: count })
  for (const folders of [null, {}, [null], ['node_modules'], [[]]]) refused({ folders })
  refused({
    folders: Array.from({ length: 10_001 }, (_, at) => ({ path: `${at}/node_modules`, manager: 'npm', packages: 0 })),
  })
})

test('folders cannot be where they must not', () => {
  const folder = (path: unknown, manager: unknown = 'python') => ({ folders: [{ path, manager, packages: 1 }] })
  for (const path of [
    ...['', '.', '..', '/', '/venv', 'venv/', 'a//b', 'a/./b', '../venv', 'a/../../b', 'a\0b', '\ud800'],
    ...['.git', '.git/hooks', '.GIT/x', 'a/.git', '.zagi', '.Zagi/state', 'a/.zagi/env', 'x'.repeat(5000), 7, null],
  ]) {
    refused(folder(path))
  }
  for (const path of ['src', 'my_node_modules', 'node_modules/x']) refused(folder(path, 'npm'))
  for (const manager of ['cargo', '', 7, null, 'toString']) refused(folder('venv', manager))
  const both = (...paths: string[]) => ({ folders: paths.map((path) => ({ path, manager: 'python', packages: 0 })) })
  refused(both('a', 'a'))
  refused(both('a/b', 'a'))
  refused(both('a', 'a-b', 'a/b/c'))
  parseDepsPointer(Buffer.from(JSON.stringify({ ...pointer, ...both('a/b', 'a-b', 'a.b', 'ab', 'a/c') })))
})

test('the worked example of rewritten files', () => {
  const examples = [...page('rewritten-files').matchAll(/^\| \| `([0-9a-f]+)` \|$/gm)].map((match) => match[1])
  const rewriter = pathRewriter([{ local: '/home/ann/app', stored: projectToken }])
  const stored = rewriter.toStored(Buffer.from(examples[0] ?? '', 'hex'))
  assert.is(Buffer.from(stored).toString('hex'), examples[1])
  assert.is(Buffer.from(rewriter.fromStored(stored)).toString('hex'), examples[0])
})
