import { chownSync, cpSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { zagiHome } from '../../base/index.ts'
import { isTrusted, trustProject, untrustProject } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('envs: trust')

function world() {
  const root = temporaryFolder('trust')
  const project = join(root, 'app')
  mkdirSync(join(project, '.zagi'), { recursive: true })
  return { root, project, home: zagiHome(join(root, 'home', '.zagi')) }
}

test('a project is trusted by who trusted it, also after it was moved, until that is taken back', () => {
  const { root, project, home } = world()
  assert.not.ok(isTrusted(home, project))
  trustProject(home, project)
  trustProject(home, project)
  assert.ok(isTrusted(home, project))
  assert.is(readdirSync(home.trust).length, 1)
  assert.is(statSync(home.trust).mode & 0o777, 0o700)
  assert.is(statSync(join(project, '.zagi/state/trust')).mode & 0o777, 0o600)
  const moved = join(root, 'moved')
  renameSync(project, moved)
  assert.ok(isTrusted(home, moved))
  assert.not.ok(isTrusted(zagiHome(join(root, 'other')), moved))
  untrustProject(home, moved)
  assert.not.ok(isTrusted(home, moved))
  assert.equal(readdirSync(home.trust), [])
  untrustProject(home, moved)
})

test('what could come with a repository is not trusted', () => {
  const { root, project, home } = world()
  trustProject(home, project)
  const forged = join(root, 'forged')
  mkdirSync(join(forged, '.zagi/state'), { recursive: true })
  const tokens = ['', '\n', '0'.repeat(32), `${'0'.repeat(32)}\n`, '../trust\n', '.\n', `${'0'.repeat(31)}/\n`]
  for (const token of tokens) {
    writeFileSync(join(forged, '.zagi/state/trust'), token)
    assert.not.ok(isTrusted(home, forged), JSON.stringify(token))
  }
  const linked = join(root, 'linked')
  mkdirSync(linked)
  symlinkSync(join(project, '.zagi'), join(linked, '.zagi'))
  assert.not.ok(isTrusted(home, linked), 'a link to a trusted .zagi')
  assert.not.ok(isTrusted(home, join(root, 'nowhere')))
})

test("somebody else's folder is not trusted", () => {
  if (process.getuid?.() !== 0) return
  const { root, project, home } = world()
  trustProject(home, project)
  const copy = join(root, 'copy')
  cpSync(project, copy, { recursive: true })
  assert.ok(isTrusted(home, copy), 'a copy of the same user')
  chownSync(join(copy, '.zagi'), 1000, 1000)
  assert.not.ok(isTrusted(home, copy))
})
