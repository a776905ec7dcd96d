import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { shellSuite } from './each-shell.ts'
import { assertActive, plainPath } from './environment.ts'
import { sampleProject } from './sample-project.ts'

const eachShell = shellSuite('hook: shells with odd settings')

eachShell(
  'set -eu, noclobber, odd IFS and other options change nothing',
  async ({ shell, home, open }) => {
    const project = sampleProject(home, join(home, 'my app'))
    const options = {
      bash: ['set -euo pipefail', 'set -o noclobber -o noglob', "IFS='/.a:'", 'shopt -s nullglob extglob nocasematch'],
      zsh: [
        'set -eu',
        'setopt no_clobber ksh_arrays sh_word_split glob_subst no_glob pipefail warn_create_global err_return',
        "IFS='/.a:'",
      ],
      fish: [],
    }
    const session = open({ after: options[shell].join('\n') })
    await session.type(`cd "${project}"`, '! true', 'true')
    assertActive(await session.exported(), project)
    await session.type('cd /', '', '! true', '')
    await session.type('set +o noclobber')
    assert.is((await session.exported()).get('PATH'), plainPath)
    assert.not.match(session.screen(), 'zagi_')
    const options2 = shell === 'bash' ? '"$IFS" "$-"' : '"$IFS"'
    assert.match(await session.printed(options2), '/.a:')
  },
  ['bash', 'zsh'],
)

eachShell(
  'a PROMPT_COMMAND that is there goes on, and sees the status',
  async ({ home, open }) => {
    const project = sampleProject(home, join(home, 'app'))
    for (const before of [
      "PROMPT_COMMAND='echo $? >> ~/seen'",
      "PROMPT_COMMAND=('echo $? >> ~/seen' 'echo two >> ~/seen')",
    ]) {
      writeFileSync(join(home, 'seen'), '')
      const session = open({ before })
      await session.type('(exit 3)')
      await session.type(`cd ${project}`)
      assertActive(await session.exported(), project)
      const seen = readFileSync(join(home, 'seen'), 'utf8').split('\n')
      assert.ok(seen.includes('3'), 'the status reaches what comes after the hook')
      assert.is(seen.includes('two'), before.includes('two'))
    }
  },
  ['bash'],
)

eachShell(
  "a user's own cd stays",
  async ({ home, open }) => {
    const project = sampleProject(home, join(home, 'app'))
    const session = open({ before: 'cd() { builtin cd "$@" && echo went >> ~/went; }' })
    await session.type(`cd ${project}`)
    assertActive(await session.exported(), project)
    assert.is(readFileSync(join(home, 'went'), 'utf8'), 'went\n')
  },
  ['bash'],
)

eachShell('the output of a command does not get our words', async ({ shell, home, open }) => {
  const project = sampleProject(home, join(home, 'app'), { trusted: false })
  const session = open()
  const words = shell === 'fish' ? '' : `"$(cd ${project} 2>&1; echo end)"`
  if (words !== '') assert.is(await session.printed(words), 'end')
  const pushed = await session.type(`pushd ${project} >/dev/null`, 'popd >/dev/null').then(() => session.screen())
  assert.match(pushed, 'is not trusted')
})

eachShell('pushd and popd count as well', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open()
  await session.type(`pushd ${project} && node > ~/said`)
  assert.is(readFileSync(join(home, 'said'), 'utf8'), 'this is node\n')
  await session.type('popd')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell(
  'a variable that is read-only is left alone',
  async ({ home, open }) => {
    const project = sampleProject(home, join(home, 'app'), { tools: ['node', 'go'] })
    const session = open({ before: 'export GOPATH=/fixed; readonly GOPATH' })
    await session.type(`cd ${project}`)
    const env = await session.exported()
    assertActive(env, project)
    assert.is(env.get('GOPATH'), '/fixed')
    await session.type('cd /')
    assert.is((await session.exported()).get('GOPATH'), '/fixed')
    assert.not.match(session.screen(), 'read-only')
  },
  ['bash', 'zsh'],
)

eachShell(
  'a PATH that is empty, unset, or has empty entries comes back as it was',
  async ({ home, open }) => {
    const project = sampleProject(home, join(home, 'app'))
    const session = open()
    for (const path of ['', ':', '/usr/bin::', ':/usr/bin']) {
      await session.type(`PATH='${path}'`, `cd ${project}`, 'cd /')
      assert.is((await session.exported()).get('PATH'), path)
    }
    await session.type('unset PATH', `cd ${project}`)
    assert.is((await session.exported()).get('PATH'), `${project}/.zagi/state/local/bin:${project}/.zagi/env/bin`)
    await session.type('cd /')
    assert.not.ok((await session.exported()).has('PATH'))
  },
  ['bash', 'zsh'],
)

eachShell(
  'an rc file that sets PATH anew in an inner shell does not lose the project',
  async ({ shell, home, open }) => {
    const project = sampleProject(home, join(home, 'app'))
    mkdirSync(join(home, 'bin'))
    const before = shell === 'fish' ? 'set -gx PATH ~/bin /usr/bin /bin' : 'export PATH=~/bin:/usr/bin:/bin'
    const session = open({ before, cwd: project })
    await session.type({ bash: 'bash --noprofile', zsh: 'zsh -d', fish: 'fish' }[shell])
    const inside = (await session.exported()).get('PATH')
    assert.is(inside, `${project}/.zagi/state/local/bin:${project}/.zagi/env/bin:${home}/bin:/usr/bin:/bin`)
    await session.type('cd /')
    assert.is((await session.exported()).get('PATH'), `${home}/bin:/usr/bin:/bin`)
  },
)
