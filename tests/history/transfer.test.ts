import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  formatRefsDocument,
  initRepository,
  openRepository,
  parseRefsDocument,
  type RefsDocument,
} from '../../history/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { gitIn, gitRepository } from './git-program.ts'
import { rejects } from './rejects.ts'
import { author, steadyClock, zagiRepository } from './zagi-repository.ts'

const test = suite('history: transfer')

function longHistory() {
  const made = gitRepository()
  const { folder, git } = made
  const source = random(3)
  for (let i = 0; i < 30; i++) {
    mkdirSync(join(folder, `d${i % 4}`), { recursive: true })
    const lines = Array.from({ length: 200 }, (_, line) => `${line} ${source.below(30) === 0 ? i : 'same'}\n`)
    writeFileSync(join(folder, `d${i % 4}`, 'text'), lines.join(''))
    git('add', '-A')
    git('commit', '-qm', `commit ${i}`)
    if (i === 10) git('branch', 'side')
  }
  git('checkout', '-q', 'side')
  writeFileSync(join(folder, 'side'), 'side')
  git('add', '-A')
  git('commit', '-qm', 'side')
  git('checkout', '-q', 'main')
  git('merge', '-q', '--no-ff', '-m', 'merge', 'side')
  git('tag', '-a', '-m', 'tag', 'v1')
  return { ...made, repository: openRepository(folder, steadyClock())! }
}

function emptyRepository() {
  const folder = join(temporaryFolder('receiver'), 'receiver')
  mkdirSync(folder)
  return { folder, git: gitIn(folder), repository: initRepository(folder, { ...steadyClock(), branch: 'main' }) }
}

test('a pack of everything: git verifies it, and a fresh repository has the whole history', async () => {
  for (const packed of [false, true]) {
    const { git, folder, repository } = longHistory()
    if (packed) git('gc', '-q', '--aggressive')
    const tag = git('rev-parse', 'v1').trim()
    const made = (await repository.packFor({ want: [tag], have: [] }))!
    const path = join(temporaryFolder('pack'), `${made.name}.pack`)
    writeFileSync(path, made.pack)
    writeFileSync(path.replace(/pack$/, 'idx'), made.index)
    execFileSync('git', ['verify-pack', path])
    const objects = git('rev-list', '--objects', 'v1').trim().split('\n')
    assert.is(made.objects, objects.length)
    const receiver = emptyRepository()
    await receiver.repository.importPack(made.name, made.pack)
    receiver.repository.setRemoteRefs('origin', {
      'refs/heads/main': git('rev-parse', 'main').trim(),
      'refs/tags/v1': tag,
    })
    receiver.git('fsck', '--strict')
    assert.is(receiver.git('rev-list', '--objects', 'v1'), git('rev-list', '--objects', 'v1'))
    assert.is(receiver.repository.resolve('v1'), git('rev-parse', 'v1^{commit}').trim())
    if (packed) {
      // The deltas that git made go along: the pack is about as small as git's own.
      const packs = join(folder, '.git', 'objects', 'pack')
      const file = readdirSync(packs).find((name) => name.endsWith('.pack'))!
      assert.ok(made.pack.length < readFileSync(join(packs, file)).length * 1.3, `${made.pack.length}`)
    }
  }
})

test('only what the other side lacks is sent, commit by commit', async () => {
  const { git, repository } = longHistory()
  const receiver = emptyRepository()
  const history = git('rev-list', '--topo-order', '--reverse', 'main').trim().split('\n')
  let have: string[] = []
  for (const commit of history) {
    const made = await repository.packFor({ want: [commit], have: [...have, '9'.repeat(40)] })
    const expected = git('rev-list', '--objects', commit, ...have.map((id) => `^${id}`))
      .trim()
      .split('\n').length
    assert.ok(made!.objects <= expected, `${made!.objects} of ${expected}`)
    await receiver.repository.importPack(made!.name, made!.pack)
    have = [...have, commit]
    receiver.repository.setRemoteRefs('origin', { 'refs/heads/main': commit })
  }
  receiver.git('fsck', '--strict')
  assert.is(await repository.packFor({ want: [history.at(-1)!], have }), undefined)
  assert.equal(
    repository.newCommits({ want: ['main', 'side'].map((name) => git('rev-parse', name).trim()), have: [history[0]!] })
      .length,
    history.length - 1,
  )
  assert.equal(repository.missing([history[0]!, '1'.repeat(40)]), ['1'.repeat(40)])
})

test('ancestors are told from the rest', () => {
  const { git, repository } = longHistory()
  const id = (name: string) => git('rev-parse', name).trim()
  assert.ok(repository.isAncestor(id('main~12'), id('main')))
  assert.ok(repository.isAncestor(id('side'), id('main')))
  assert.ok(repository.isAncestor(id('main'), id('main')))
  assert.not(repository.isAncestor(id('main'), id('side')))
  assert.not(repository.isAncestor(id('main^1'), id('side')))
})

test('a damaged pack is refused and leaves nothing behind', async () => {
  const { git, repository } = longHistory()
  const made = (await repository.packFor({ want: [git('rev-parse', 'main').trim()], have: [] }))!
  const receiver = emptyRepository()
  const packs = join(receiver.folder, '.git', 'objects', 'pack')
  const damaged = Buffer.from(made.pack)
  damaged[made.pack.length >> 1]! ^= 1
  await rejects(receiver.repository.importPack(made.name, damaged), 'GIT_OBJECT_CORRUPT')
  await rejects(receiver.repository.importPack('pack-evil/../../x', made.pack), 'GIT_OBJECT_CORRUPT')
  assert.equal(readdirSync(packs), [])
  assert.throws(
    () => receiver.repository.setRemoteRefs('origin', { 'refs/heads/main': git('rev-parse', 'main').trim() }),
    /not here/,
  )
})

test('remote refs come, move and go; hostile names are refused', async () => {
  const { folder, git, repository } = zagiRepository()
  writeFileSync(join(folder, 'a'), 'a')
  const { commit } = await repository.commit({ author, message: 'a' })
  repository.setRemoteRefs('origin', { 'refs/heads/main': commit, 'refs/heads/a/b': commit, 'refs/tags/v1': commit })
  assert.equal(repository.remoteRefs('origin'), { 'refs/heads/a/b': commit, 'refs/heads/main': commit })
  repository.setRemoteRefs('origin', { 'refs/heads/a': commit })
  assert.is(
    git('for-each-ref', '--format=%(refname)'),
    'refs/heads/main\nrefs/remotes/origin/a\nrefs/tags/v1\nrefs/zagi/keep/default\n',
  )
  assert.is(repository.operations(1)[0]?.kind, 'fetch')
  const count = repository.operations().length
  repository.setRemoteRefs('origin', { 'refs/heads/a': commit })
  assert.is(repository.operations().length, count)
  for (const name of ['refs/heads/../../HEAD', 'refs/heads/a.lock', 'HEAD', 'refs/heads/', 'refs/heads/a b']) {
    assert.throws(() => repository.setRemoteRefs('origin', { [name]: commit }), /no valid name/, name)
  }
})

const example: RefsDocument = {
  version: 1,
  head: 'refs/heads/main',
  refs: { 'refs/heads/main': '44f08329fefd7603f018c641135fc5f07c2cf24c' },
  packs: [{ name: 'pack-0123456789abcdef0123456789abcdef01234567', size: 1234, objects: 5 }],
}

test('a refs document is the documented text and survives being read', () => {
  // docs/formats/refs-document.md
  const text = `{
 "version": 1,
 "head": "refs/heads/main",
 "refs": {
  "refs/heads/main": "44f08329fefd7603f018c641135fc5f07c2cf24c"
 },
 "packs": [
  {
   "name": "pack-0123456789abcdef0123456789abcdef01234567",
   "size": 1234,
   "objects": 5
  }
 ]
}
`
  assert.is(Buffer.from(formatRefsDocument(example)).toString(), text)
  assert.equal(parseRefsDocument(Buffer.from(text)), example)
})

test('refuses refs documents that are not as they must be', () => {
  const wrong: unknown[] = [
    null,
    [],
    { ...example, version: '1' },
    { ...example, head: 'refs/heads/../x' },
    { ...example, head: 'main' },
    { ...example, refs: { 'refs/heads/a': 'x' } },
    { ...example, refs: { '../a': example.refs['refs/heads/main'] } },
    { ...example, packs: [{ name: 'pack-../x', size: 1, objects: 1 }] },
    { ...example, packs: [{ name: 'pack-0123456789abcdef0123456789abcdef01234567', size: -1, objects: 1 }] },
    { ...example, packs: {} },
  ]
  for (const document of wrong) {
    assert.throws(() => parseRefsDocument(Buffer.from(JSON.stringify(document))), /damaged/, JSON.stringify(document))
  }
  assert.throws(() => parseRefsDocument(Buffer.from('{')), /not JSON/)
  const id = '44f08329fefd7603f018c641135fc5f07c2cf24c'
  const many = Object.fromEntries(Array.from({ length: 50_001 }, (_, i) => [`refs/heads/b${i}`, id]))
  const document = { version: 1, head: 'refs/heads/b0', refs: many, packs: [] }
  assert.throws(() => parseRefsDocument(Buffer.from(JSON.stringify(document))), /50001 refs/)
  assert.throws(() => parseRefsDocument(Buffer.from(JSON.stringify({ ...example, version: 2 }))), /version 2/)
})
