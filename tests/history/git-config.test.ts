import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { parseGitConfig, readGitConfig } from '../../history/git/git-config.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { gitRepository } from './git-program.ts'

const test = suite('history: Git configuration')

const text = `# a comment
[user]
  name = Ada Lovelace ; behind a value
  EMAIL = "ada@example.com"
[Core]
	bare
	excludesFile = ~/ignore\\
me
[remote "Ori\\"gin"] url = "http://x/#y;z"
[alias]
	x = "a \\"b\\" \\\\ \\t" c   d   # end
	empty =
[branch.old.style]
	key = 1
`

test('reads what git reads', () => {
  const { folder, git } = gitRepository()
  writeFileSync(join(folder, '.git', 'config'), `${text}[core]\n\trepositoryformatversion = 0\n`)
  const expected = git('config', '--file', join(folder, '.git', 'config'), '--list', '-z')
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => (entry.includes('\n') ? entry : `${entry}\ntrue`))
  const got = parseGitConfig(`${text}[core]\n\trepositoryformatversion = 0\n`, 'x').map(
    ([key, value]) => `${key}\n${value}`,
  )
  assert.equal(got, expected)
})

test('follows includes, also those for some folders only', () => {
  const home = temporaryFolder('config-home')
  mkdirSync(join(home, 'clients', 'project', '.git'), { recursive: true })
  const main = join(home, '.gitconfig')
  writeFileSync(
    main,
    '[user]\nname=A\nemail=private@x\n[includeIf "gitdir:~/clients/"]\npath = clients.inc\n[include]\npath=~/more.inc\n',
  )
  writeFileSync(join(home, 'clients.inc'), '[user]\nemail=work@x\n')
  writeFileSync(join(home, 'more.inc'), '[core]\nautocrlf=input\n[include]\npath=more.inc\n')
  const at = (gitFolder: string) => readGitConfig({ files: [main], home, gitFolder })
  assert.is(at(join(home, 'clients', 'project', '.git')).get('user.email'), 'work@x')
  assert.is(at(join(home, 'play', '.git')).get('user.email'), 'private@x')
  assert.is(at('/x/.git').get('core.autocrlf'), 'input')
})

test('refuses what it cannot read and never fails otherwise', () => {
  const { seed, below, pick } = random()
  const pieces = ['[', ']', '"', '\\', '\n', '=', 'a', ' ', '#', 'name', '[core]', '\0', 'é']
  for (let round = 0; round < 3000; round++) {
    const wild = Array.from({ length: below(20) }, () => pick(pieces)).join('')
    try {
      parseGitConfig(wild, 'x')
    } catch (error) {
      assert.ok(isZagiError(error, 'GIT_UNSUPPORTED'), `seed ${seed} ${JSON.stringify(wild)}: ${error}`)
    }
  }
})
