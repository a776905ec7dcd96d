import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { openRepository } from '../../history/index.ts'
import { mergeOperations } from '../../history/operations/merge-views.ts'
import {
  formatOperation,
  formatRefs,
  parseOperation,
  parseRefs,
  stateId,
} from '../../history/operations/operation-file.ts'
import { type NewOperation, OperationLog } from '../../history/operations/operation-log.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: operation log')

const commit = (digit: string) => digit.repeat(40)

function operation(parents: string[], time: number, refs: Record<string, string>): NewOperation {
  const view = { head: 'refs/heads/main', workingChange: commit('a'), refs }
  return { parents, kind: 'commit', command: 'commit', time, user: 'ada', host: 'machine', view }
}

test('the documented example has the documented text and name', () => {
  // docs/formats/operation-log.md
  const refs = formatRefs({ 'refs/heads/main': '44f08329fefd7603f018c641135fc5f07c2cf24c' })
  assert.is(refs, '{"version":1,"refs":{"refs/heads/main":"44f08329fefd7603f018c641135fc5f07c2cf24c"}}\n')
  assert.is(stateId(refs), '66c17efa638f9bb46538c2203482f14704acd1e627d1c656f428184c6ab91453')
  const text = formatOperation({
    parents: [],
    kind: 'commit',
    command: 'commit -m Begin',
    time: 1710000000000,
    user: 'ada',
    host: 'machine',
    head: 'refs/heads/main',
    workingChange: commit('a'),
    refs: stateId(refs),
  })
  assert.is(
    text,
    '{"version":1,"parents":[],"kind":"commit","command":"commit -m Begin","time":1710000000000,"user":"ada",' +
      `"host":"machine","workspaces":{"default":{"head":"refs/heads/main","change":"${commit('a')}"}},"refs":"${stateId(refs)}"}\n`,
  )
  assert.is(stateId(text), 'ee327b5605f80d0268c194d7a323b5ffa6ee211191c052a0344285e7ee1f0f5e')
})

test('every command leaves its mark, with who, where and when', async () => {
  const { folder, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  await repository.snapshot({ author, command: 'status' })
  await repository.commit({ author, message: 'a', command: 'commit -m a' })
  const operations = repository.operations()
  assert.equal(
    operations.map(({ kind, command }) => `${kind}: ${command}`),
    ['commit: commit -m a', 'snapshot: status', 'init: init'],
  )
  for (const { user, host, time } of operations) assert.ok(user && host && time > 1_700_000_000_000)
  assert.equal(
    operations.slice(0, -1).map((entry) => entry.parents),
    operations.slice(1).map((entry) => [entry.id]),
  )
  assert.equal(repository.operations(1), operations.slice(0, 1))
  assert.is(operations[0]!.view.refs['refs/heads/main'], repository.head())
  assert.is(operations[0]!.view.workingChange, repository.workingChange().commit)
  assert.is(readdirSync(join(folder, '.zagi/state/ops/heads')).length, 1)
})

test('operations made at the same time are merged, the same by every reader', () => {
  const folder = temporaryFolder('log')
  const log = new OperationLog(folder)
  const base = log.write(
    operation([], 1, { 'refs/heads/main': commit('1'), 'refs/heads/gone': commit('1'), 'refs/heads/x': commit('1') }),
  )
  log.addHead(base)
  const left = log.write(
    operation([base.id], 2, {
      'refs/heads/main': commit('2'),
      'refs/heads/gone': commit('1'),
      'refs/heads/x': commit('2'),
    }),
  )
  const right = log.write(
    operation([base.id], 3, {
      'refs/heads/main': commit('1'),
      'refs/heads/new': commit('3'),
      'refs/heads/x': commit('3'),
    }),
  )
  log.addHead(left)
  log.addHead(right)
  const reader = new OperationLog(folder)
  const [earlier, later, ...more] = reader.heads()
  assert.equal([earlier?.id, later?.id, more.length], [left.id, right.id, 0])
  const merged = reader.write(mergeOperations(reader, earlier!, later!))
  assert.equal(merged.view.refs, {
    'refs/heads/main': commit('2'),
    'refs/heads/new': commit('3'),
    'refs/heads/x': commit('3'),
  })
  assert.is(log.write(mergeOperations(log, left, right)).id, merged.id)
  reader.addHead(merged)
  assert.equal(
    log.heads().map((head) => head.id),
    [merged.id],
  )
})

test('a head that a kill left beside its successor does not count', () => {
  const folder = temporaryFolder('log')
  const log = new OperationLog(folder)
  const first = log.write(operation([], 1, {}))
  const second = log.write(operation([first.id], 2, {}))
  log.addHead(first)
  log.addHead(second)
  writeFileSync(join(folder, 'heads', first.id), '')
  assert.equal(
    log.heads().map((head) => head.id),
    [second.id],
  )
  log.tidy(log.heads())
  assert.equal(readdirSync(join(folder, 'heads')), [second.id])
})

test('two heads in a project are merged by the next command', async () => {
  const { folder, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  await repository.commit({ author, message: 'a' })
  const log = new OperationLog(join(folder, '.zagi/state/ops'))
  const [newest] = log.heads()
  const sideline = log.write({ ...newest!, parents: newest!.parents, command: 'meanwhile', time: newest!.time + 1 })
  log.addHead(sideline)
  assert.is(log.heads().length, 2)
  writeFileSync(join(folder, 'b'), 'b')
  await repository.snapshot({ author })
  assert.equal(
    repository.operations(2).map((entry) => entry.kind),
    ['snapshot', 'merge'],
  )
  assert.is(readdirSync(join(folder, '.zagi/state/ops/heads')).length, 1)
})

test('refuses damaged files of the log with a way out, and never fails otherwise', () => {
  const text = formatOperation({
    ...operation([stateId('x')], 5, {}),
    head: 'refs/heads/main',
    workingChange: commit('a'),
    refs: stateId('y'),
  })
  const refs = formatRefs({ 'refs/heads/main': commit('1') })
  const { seed, below, bytes } = random()
  for (let round = 0; round < 2000; round++) {
    const source = Buffer.from(round % 2 ? text : refs)
    const damaged = Buffer.concat([
      source.subarray(0, below(source.length)),
      bytes(below(3)),
      source.subarray(below(source.length)),
    ])
    // Named after its bytes, as a hostile file could be.
    const id = stateId(damaged.toString('utf8'))
    try {
      if (round % 2) parseOperation(id, damaged)
      else parseRefs(id, damaged)
    } catch (error) {
      const known = isZagiError(error, 'STATE_CORRUPT') || isZagiError(error, 'FORMAT_TOO_NEW')
      assert.ok(known, `seed ${seed} round ${round}: ${error}`)
    }
  }
  assert.throws(() => parseOperation(stateId('other'), Buffer.from(text)), /do not hash/)
})

test('a damaged log is refused, and begins anew where it is removed', async () => {
  const { folder, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  const { commit: head } = await repository.commit({ author, message: 'a' })
  const operations = join(folder, '.zagi/state/ops/operations')
  for (const name of readdirSync(operations)) writeFileSync(join(operations, name), '{')
  const again = openRepository(folder, steadyClock())!
  try {
    await again.snapshot({ author })
    assert.unreachable()
  } catch (error) {
    assert.ok(isZagiError(error, 'STATE_CORRUPT') && error.hint?.includes('.zagi/state/ops'), String(error))
  }
  rmSync(join(folder, '.zagi/state/ops'), { recursive: true })
  await openRepository(folder, steadyClock())!.snapshot({ author })
  assert.is(openRepository(folder, steadyClock())!.head(), head)
})

test('names resolve: branches, tags, commits, change ids and their starts', async () => {
  const { folder, git, repository } = zagiRepository()
  const ids: string[] = []
  for (let i = 0; i < 40; i++) {
    writeFileSync(join(folder, 'a'), String(i))
    const { commit: id } = await repository.commit({ author, message: String(i) })
    ids.push(id)
  }
  git('tag', '-a', '-m', 't', 'v1', ids[3]!)
  git('branch', 'feature/x', ids[5]!)
  repository.setRemoteRefs('origin', { 'refs/heads/main': ids[7]! })
  const log = repository.log({})
  for (const { commit: id, changeId, prefixLength } of log) {
    assert.is(repository.resolve(id), id)
    assert.is(repository.resolve(id.slice(0, 12)), id)
    assert.is(repository.resolve(changeId), id)
    assert.is(repository.resolve(changeId.slice(0, prefixLength)), id, changeId)
    if (prefixLength > 1)
      assert.throws(() => repository.resolve(changeId.slice(0, prefixLength - 1)), /start of several/)
  }
  assert.is(repository.resolve('main'), ids.at(-1))
  assert.is(repository.resolve('HEAD'), ids.at(-1))
  assert.is(repository.resolve('v1'), ids[3])
  assert.is(repository.resolve('feature/x'), ids[5])
  assert.is(repository.resolve('origin/main'), ids[7])
  assert.is(repository.resolve('refs/remotes/origin/main'), ids[7])
  assert.is(repository.resolve('@'), repository.workingChange().commit)
  assert.is(repository.resolve(repository.workingChange().changeId), repository.workingChange().commit)
  for (const name of ['nothing', 'zz/..', '', 'fff', '0000000']) assert.is(repository.resolve(name), undefined, name)
  assert.equal(repository.log({ limit: 3 }), log.slice(0, 3))
  assert.is(repository.log({ from: ids[5]!, limit: 1 })[0]?.branches[0], 'feature/x')
})

test('the index of changes is made again where it is lost or damaged', async () => {
  const { folder, git, repository } = zagiRepository()
  for (let i = 0; i < 250; i++) git('commit', '-q', '--allow-empty', '-m', String(i))
  const expected = repository.log({}).map((change) => [change.commit, change.prefixLength])
  const path = join(folder, '.zagi/state/changes.index')
  const intact = readFileSync(path)
  const { below } = random()
  for (let round = 0; round < 10; round++) {
    const damaged = Buffer.from(intact)
    damaged[below(damaged.length)]! ^= 1
    writeFileSync(path, damaged)
    assert.equal(
      repository.log({}).map((change) => [change.commit, change.prefixLength]),
      expected,
    )
  }
})
