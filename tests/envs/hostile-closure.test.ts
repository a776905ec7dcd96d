import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError, thisSystem } from '../../base/index.ts'
import {
  type Closure,
  type ClosurePath,
  encodeClosure,
  encodeReferenceTables,
  type FileReferences,
  materialise,
  type ReferenceTables,
} from '../../envs/index.ts'
import { openStore } from '../../store/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { sample, tool } from './sample-closure.ts'
import { type Change, syntheticStore } from './synthetic-closure.ts'

const test = suite('envs: hostile closures')

const wrong = '0'.repeat(64)
const inTool = (change: (tables: ReferenceTables) => void): Change => ({
  tables: (tables, name) => {
    if (name === tool) change(tables)
  },
})
const inRecord = (change: (record: Closure) => void): Change => ({ closure: change })

const lies: [what: string, code: ErrorCode, change: Change][] = [
  ['a reference one byte further', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self']!.whole[0]![0] = 2))],
  ['far beyond the end', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self']!.whole[0]![0] = 1e12))],
  ['at the end', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/big']!.whole[1]![0] = 399_990))],
  ['in an empty file', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/empty'] = table([0, 0, 1])))],
  ['where there is none', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['share/a.txt'] = table([0, 0, 1])))],
  ['to a path that is not there', 'MANIFEST_CORRUPT', inTool(({ files }) => (files['self'] = table([1, 99, 1])))],
  ['in a file that is not there', 'TREE_CORRUPT', inTool(({ files }) => (files['../../up'] = table([0, 0, 1])))],
  ['in a link that is none', 'TREE_CORRUPT', inTool(({ links }) => (links['bin'] = [[1, 0]]))],
  ['more bytes', 'TREE_CORRUPT', inRecord(({ paths }) => (paths[0]!.bytes += 1))],
  ['fewer files', 'TREE_CORRUPT', inRecord(({ paths }) => (paths[0]!.files -= 1))],
  ['a folder that is a file', 'TREE_CORRUPT', inRecord(({ paths }) => flip(paths))],
  ['no such tree', 'CHUNK_MISSING', inRecord(({ paths }) => (paths[0]!.tree = wrong))],
  [
    'no such tables',
    'CHUNK_MISSING',
    inRecord(({ paths }) => (paths[1]!.tables = { id: wrong, size: 1, chunked: false })),
  ],
  ['a circle', 'MANIFEST_CORRUPT', inRecord(circle)],
]

function table(...whole: FileReferences['whole']): FileReferences {
  return { whole, split: [] }
}

function circle({ paths }: Closure): void {
  for (const path of paths) path.references = [0, 1, 2]
}

function flip(paths: ClosurePath[]): void {
  for (const path of paths) path.kind = path.kind === 'single' ? 'folder' : 'single'
}

for (const [what, code, change] of lies) {
  test(`records that lie are refused, and nothing is left behind: ${what}`, async () => {
    const home = temporaryFolder('m')
    const { store, closure } = await syntheticStore(home, sample(), change)
    const tools = join(home, 's')
    const error = await materialise(store, closure, { tools }).then(
      () => undefined,
      (error) => error,
    )
    assert.ok(isZagiError(error), String(error))
    assert.is(error.code, code, error.message)
    assert.equal(
      readdirSync(tools).filter((name) => name !== '.meta'),
      [],
    )
  })
}

test('a tree that repeats itself without end is cut off by its own totals', async () => {
  const home = temporaryFolder('m')
  const store = openStore(join(home, 'store'))
  const writer = store.writer()
  const base = { size: 0, chunked: false, target: '', shared: false, rewritten: false, mode: 0o555 }
  let id = writer.addTree({ entries: [], files: 0, bytes: 0, count: 0 })
  for (let level = 0; level < 40; level++) {
    const entries = ['a', 'b', 'c'].map((name) => ({ ...base, name, kind: 'tree' as const, id }))
    id = writer.addTree({ entries, files: 0, bytes: 0, count: 3 })
  }
  const tables = writer.addBlob(encodeReferenceTables({ version: 1, files: {}, links: {}, markers: {} }))
  const path = { name: tool, narHash: `sha256:${'0'.repeat(52)}`, narSize: 1, kind: 'folder' as const, tree: id }
  const paths = [{ ...path, references: [0], tables, files: 0, bytes: 0 }]
  const record = encodeClosure({ version: 1, system: thisSystem(), storeFolder: '/nix/store', main: 0, paths })
  const closure = writer.addBlob(record)
  await writer.finish()
  try {
    await materialise(store, closure, { tools: join(home, 's') })
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'TREE_CORRUPT'), String(error))
  }
})
