// A remote that somebody edited by hand: nothing is written outside of the clone, and no half clone stays.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { machine } from '../helpers/machine.ts'
import { writeFiles } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { type HostileRepository, hostileRepository } from './hostile-repository.ts'

const test = suite('project: hostile remotes', { seconds: 240 })

/** Clones on a new account: the clone must fail with this code, a message and a hint, and leave nothing. */
function refused(what: string, codes: RegExp, make: (repository: HostileRepository) => void): void {
  const repository = hostileRepository()
  make(repository)
  const account = machine()
  const result = account.zagi(['clone', repository.address, '--json'])
  assert.is(result.status, 1, `${what}: ${result.status} ${result.stdout}${result.stderr}`)
  assert.is(result.stderr, '', what)
  const { code, message, hint } = JSON.parse(result.stdout).error as Record<string, string | null>
  assert.match(code!, codes, what)
  assert.match(message!, /^\S/, what)
  assert.ok(hint, `${what}: no hint for "${message}"`)
  assert.equal(
    readdirSync(account.home).filter((name) => name !== '.zagi'),
    [],
    what,
  )
}

const edited = (edit: (document: Record<string, unknown> & { refs: Record<string, string> }) => object) => {
  return (repository: HostileRepository) =>
    repository.editRefs((text) => JSON.stringify(edit(JSON.parse(text) as Parameters<typeof edit>[0])))
}

test('refs documents', () => {
  const main = 'refs/heads/main'
  const with_ = (name: string) => edited((d) => ({ ...d, refs: { ...d.refs, [name]: d.refs[main]! } }))
  refused('no JSON', /BAD_ANSWER/, (repository) => repository.editRefs(() => '['.repeat(100_000)))
  refused('bytes', /BAD_ANSWER/, (repository) => repository.editRefs(() => Buffer.from([0xff, 0, 0xfe])))
  refused('a list', /BAD_ANSWER/, (repository) => repository.editRefs(() => '[]'))
  refused('a prototype', /BAD_ANSWER/, (repository) =>
    repository.editRefs((text) => text.replace(`"${main}": `, `"__proto__": {"x": 1}, "${main}": `)),
  )
  refused('a way out', /BAD_ANSWER/, with_('refs/../x'))
  refused('escapes', /BAD_ANSWER/, with_('refs/heads/a\u001b[31m\u001b]0;t\u0007'))
  refused('a very long name', /BAD_ANSWER/, with_(`refs/heads/${'x'.repeat(300)}`))
  refused(
    'a number for a commit',
    /BAD_ANSWER/,
    edited((d) => ({ ...d, refs: { [main]: 5 } })),
  )
  refused(
    'a commit that is nowhere',
    /GIT_OBJECT_CORRUPT/,
    edited((d) => ({ ...d, refs: { [main]: 'a'.repeat(40) } })),
  )
  refused(
    'a pack elsewhere',
    /BAD_ANSWER/,
    edited((d) => ({ ...d, packs: [{ name: '../../x', size: 1, objects: 1 }] })),
  )
  const absent = { name: `pack-${'b'.repeat(40)}`, size: 1e15, objects: 1 }
  refused(
    'a pack that is not there',
    /GIT_OBJECT_CORRUPT/,
    edited((d) => ({ ...d, packs: [absent] })),
  )
})

test('Git packs', () => {
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)
  refused('cut', /GIT_OBJECT_CORRUPT/, (repository) => repository.editFiles('objects/pack', half))
  refused('empty', /GIT_OBJECT_CORRUPT/, (repository) => repository.editFiles('objects/pack', () => ''))
})

test('trees that would write where they must not', () => {
  const folder = (name: string, inner: string) => (repository: HostileRepository) => {
    const { tree, blob } = repository
    repository.publishTree(tree([['40000', name, tree([['100644', inner, blob('evil\n')]])]]))
  }
  const link = (target: string) => (repository: HostileRepository) =>
    repository.publishTree(repository.tree([['120000', 'link', repository.blob(target)]]))
  refused('.git', /PATH_UNSAFE/, folder('.git', 'config'))
  refused('.GIT', /PATH_UNSAFE/, folder('.GIT', 'config'))
  refused('.zagi/env', /PATH_UNSAFE/, (repository) => {
    const { tree, blob } = repository
    const bin = tree([['40000', 'bin', tree([['100755', 'ls', blob('evil\n')]])]])
    repository.publishTree(tree([['40000', '.zagi', tree([['40000', 'env', bin]])]]))
  })
  refused('..', /PATH_UNSAFE/, folder('..', 'x'))
  refused('a path for a name', /GIT_OBJECT_CORRUPT/, folder('a', '../../x'))
  refused('a link and a folder of one name', /PATH_UNSAFE/, ({ tree, blob, publishTree }) =>
    publishTree(
      tree([
        ['120000', 'a', blob('/tmp')],
        ['40000', 'a', tree([['100644', 'b', blob('evil\n')]])],
      ]),
    ),
  )
  refused('a link to NUL', /PATH_UNSAFE/, link('a\0b'))
  refused('a link to nothing', /PATH_UNSAFE/, link(''))
  refused('a name that is no file name', /SYSTEM/, folder('a', 'n'.repeat(300)))
  refused('pointers behind a link', /PATH_UNSAFE/, ({ tree, blob, publishTree }) =>
    publishTree(tree([['40000', '.zagi', tree([['120000', 'lock', blob('/tmp')]])]])),
  )
})

test('dependency pointers', () => {
  const pointer = '.zagi/lock/deps.linux-x64.json'
  const edit = (change: (content: Record<string, unknown>) => object) => (repository: HostileRepository) =>
    repository.publishFile(pointer, (text) => JSON.stringify(change(JSON.parse(text))))
  const folder = (path: string, manager: string) =>
    edit((content) => ({ ...content, folders: [{ path, manager, packages: 1 }] }))
  for (const path of ['../../etc', '.git', '/tmp/evil', 'node_modules/../..', '', '.zagi/state']) {
    refused(`python in "${path}"`, /MANIFEST_CORRUPT/, folder(path, 'python'))
  }
  refused('npm in "src"', /MANIFEST_CORRUPT/, folder('src', 'npm'))
  refused('over the source', /FOLDER_NOT_EMPTY/, folder('src', 'python'))
  refused(
    'counts',
    /MANIFEST_CORRUPT/,
    edit((content) => ({ ...content, files: 1e300 })),
  )
  refused(
    'another system',
    /MANIFEST_CORRUPT/,
    edit((content) => ({ ...content, system: 'linux-arm64' })),
  )
  refused(
    'a tree that is nowhere',
    /CHUNK_MISSING/,
    edit((content) => ({ ...content, root: 'a'.repeat(64) })),
  )
})

test('manifests', () => {
  const edit = (change: (manifest: { holdings: { packs: Record<string, unknown>[] } }) => unknown) => {
    return (repository: HostileRepository) =>
      repository.editFiles('manifests', (bytes) => JSON.stringify(change(JSON.parse(bytes.toString()))))
  }
  const pack = (change: object) =>
    edit((manifest) => {
      Object.assign(manifest.holdings.packs[0]!, change)
      return manifest
    })
  refused('no JSON', /MANIFEST_CORRUPT/, (repository) => repository.editFiles('manifests', () => 'x'))
  refused('frames without end', /MANIFEST_CORRUPT/, pack({ frames: [[0, Number.MAX_SAFE_INTEGER]] }))
  refused('a pack elsewhere', /MANIFEST_CORRUPT/, pack({ id: '../../x' }))
  refused(
    'no packs',
    /CHUNK_MISSING/,
    edit((manifest) => ({ ...manifest, holdings: { packs: [] } })),
  )
})

test('a pointer does not replace what a pull finds in the place of dependencies', () => {
  const repository = hostileRepository()
  const account = machine()
  account.ok(['clone', repository.address])
  const clone = join(account.home, 'app')
  writeFiles(clone, { '.git/info/exclude': 'mine\n', 'mine/notes': 'never recorded\n' })
  repository.publishFile('.zagi/lock/deps.linux-x64.json', (text) =>
    JSON.stringify({ ...JSON.parse(text), folders: [{ path: 'mine', manager: 'python', packages: 1 }] }),
  )
  const pull = account.zagi(['pull', '--json'], { cwd: clone })
  assert.match(pull.stdout, /FOLDER_NOT_EMPTY/)
  assert.ok(existsSync(join(clone, 'mine/notes')))
})
