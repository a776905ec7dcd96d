import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { zagiHome } from '../../base/index.ts'
import { trustProject } from '../../envs/index.ts'
import { shellSuite, shells } from './each-shell.ts'
import { assertActive, plainPath, settled } from './environment.ts'
import { sampleProject } from './sample-project.ts'

const eachShell = shellSuite('hook')
const message = 'zagi: this project is not trusted; look at it, then run: zagi trust'

eachShell('a project is active inside, and everything is as before outside', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  mkdirSync(join(project, 'src', 'deep'), { recursive: true })
  const session = open()
  const before = await session.exported()
  assert.not.ok(before.has('ZAGI_PROJECT'))
  await session.type(`cd ${project}`)
  assertActive(await session.exported(), project)
  await session.type('node > ../said')
  assert.is(readFileSync(join(home, 'said'), 'utf8'), 'this is node\n')
  await session.type('cd src/deep')
  assertActive(await session.exported(), project)
  await session.type('cd /')
  assert.equal(settled(await session.exported()), settled(before))
})

eachShell('changing the folder and running a program works on one line', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open()
  await session.type(`cd ${project} && node > ../said`)
  assert.is(readFileSync(join(home, 'said'), 'utf8'), 'this is node\n')
})

eachShell('variables that were there come back, exported or not', async ({ shell, home, open }) => {
  const project = sampleProject(home, join(home, 'app'), { tools: ['node', 'go', 'cargo'] })
  const set = {
    bash: ["export GOPATH='/old go:/b'", 'CARGO_HOME=/plain', "NPM_CONFIG_PREFIX=''"],
    zsh: ["export GOPATH='/old go:/b'", 'CARGO_HOME=/plain', "NPM_CONFIG_PREFIX=''"],
    fish: ["set -gx GOPATH '/old go:/b'", 'set -g CARGO_HOME /plain', "set -g NPM_CONFIG_PREFIX ''"],
  }
  const session = open()
  await session.type(...set[shell])
  await session.type(`cd ${project}`)
  const inside = await session.exported()
  assert.is(inside.get('GOPATH'), `${project}/.zagi/state/local/go`)
  assert.is(inside.get('CARGO_HOME'), `${project}/.zagi/state/local/cargo`)
  await session.type('cd /')
  const after = await session.exported()
  assert.is(after.get('GOPATH'), '/old go:/b')
  assert.not.ok(after.has('CARGO_HOME'), 'not exported before, not exported after')
  assert.not.ok(after.has('GOBIN'))
  assert.not.ok(after.has('NPM_CONFIG_PREFIX'))
  assert.is(await session.printed('"$CARGO_HOME" "x$NPM_CONFIG_PREFIX"'), '/plain\nx')
  assert.equal(
    [...after.keys()].filter((name) => name.startsWith('ZAGI')),
    [],
  )
})

eachShell('what the user does to PATH inside stays', async ({ shell, home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open()
  await session.type(`cd ${project}`)
  await session.type(shell === 'fish' ? 'set -gx PATH /mine $PATH' : 'export PATH="/mine:$PATH"')
  await session.type('cd /')
  assert.is((await session.exported()).get('PATH'), `/mine:${plainPath}`)
})

eachShell('nested projects: the inner one counts inside, the outer one comes back', async ({ home, open }) => {
  const outer = sampleProject(home, join(home, 'outer'))
  const inner = sampleProject(home, join(outer, 'packages', 'inner'))
  const session = open({ cwd: inner })
  assertActive(await session.exported(), inner)
  await session.type('cd ..')
  assertActive(await session.exported(), outer)
  await session.type(`cd ${inner}`)
  assertActive(await session.exported(), inner)
  await session.type('cd /')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('odd characters in the path', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'it\'s a "pro$ject" *[x]? & ünï'))
  const session = open()
  await session.type('cd it*')
  assertActive(await session.exported(), project)
  await session.type('node > ../said')
  assert.is(readFileSync(join(home, 'said'), 'utf8'), 'this is node\n')
  await session.type('cd /')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('a folder with a colon cannot be on PATH, and that is said', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'a:b'))
  const session = open()
  await session.type(`cd ${project}`)
  assert.match(session.screen(), 'its path has a ":" in it')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('a folder entered by a link', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  mkdirSync(join(project, 'src'))
  symlinkSync(project, join(home, 'link'))
  symlinkSync(join(project, 'src'), join(home, 'source'))
  const session = open()
  await session.type('cd ~/link/src')
  assertActive(await session.exported(), join(home, 'link'))
  await session.type('cd ~/source')
  assertActive(await session.exported(), project)
  await session.type('cd /')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('a project that is moved away under the shell, and back', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open({ cwd: project })
  assertActive(await session.exported(), project)
  renameSync(project, join(home, 'moved'))
  await session.type('')
  assertActive(await session.exported(), join(home, 'moved'))
  await session.type('node > ~/said')
  assert.is(readFileSync(join(home, 'said'), 'utf8'), 'this is node\n')
  renameSync(join(home, 'moved'), project)
  await session.type('')
  assertActive(await session.exported(), project)
})

eachShell('a working folder that is deleted', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const gone = join(project, 'gone')
  mkdirSync(gone)
  const session = open({ cwd: gone })
  await session.type('')
  rmSync(gone, { recursive: true })
  await session.type('', '')
  assertActive(await session.exported(), project)
  rmSync(project, { recursive: true })
  await session.type('', '')
  assert.is((await session.exported()).get('PATH'), plainPath)
  assert.not.match(session.screen(), '__zagi')
  assert.not.match(session.screen(), '.zagi')
})

eachShell('an environment that changes while the shell is inside', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open({ cwd: project })
  const first = await session.exported()
  assert.not.ok(first.has('GOPATH'))
  sampleProject(home, project, { tools: ['node', 'go'] })
  await session.type('')
  const second = await session.exported()
  assertActive(second, project)
  assert.is(second.get('GOPATH'), `${project}/.zagi/state/local/go`)
  assert.is(second.get('PATH'), first.get('PATH'))
  sampleProject(home, project, { tools: ['go'] })
  await session.type('')
  assert.not.ok((await session.exported()).has('NPM_CONFIG_PREFIX'))
  rmSync(join(project, '.zagi', 'env'))
  await session.type('')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('an untrusted project is not activated and says so once each time it is entered', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'), { trusted: false })
  mkdirSync(join(project, 'src'))
  const session = open()
  await session.type(`cd ${project}`, '', 'cd src', '')
  const env = await session.exported()
  assert.is(env.get('PATH'), plainPath)
  assert.is(session.screen().split(message).length - 1, 1)
  await session.type('cd /', `cd ${project}`, '')
  assert.is(session.screen().split(message).length - 1, 2)
  trustProject(zagiHome(join(home, '.zagi')), project)
  await session.type('')
  assertActive(await session.exported(), project)
})

eachShell('a .zagi that is a link, or a token that nobody knows, is not trusted', async ({ home, open }) => {
  const own = sampleProject(home, join(home, 'own'))
  const link = join(home, 'link')
  mkdirSync(link)
  symlinkSync(join(own, '.zagi'), join(link, '.zagi'))
  const forged = sampleProject(home, join(home, 'forged'), { trusted: false })
  writeFileSync(join(forged, '.zagi', 'state', 'trust'), '../../../../../../etc/passwd\n')
  const session = open()
  for (const project of [link, forged]) {
    await session.type(`cd ${project}`)
    assert.not.ok((await session.exported()).has('ZAGI_PROJECT'), project)
  }
})

eachShell('lines of the activation file are data: unknown names and code are passed over', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const vars = join(project, '.zagi', 'env', 'vars')
  const evil = [
    'LD_PRELOAD=x',
    'BASH_ENV=x',
    'HOME=x',
    'GOPATH=$(touch pwned)`touch pwned`',
    '; touch pwned',
    'GOBIN',
    '',
  ]
  writeFileSync(vars, readFileSync(vars, 'utf8') + evil.join('\n'))
  const session = open()
  await session.type(`cd ${project}`)
  const env = await session.exported()
  assertActive(env, project)
  assert.is(env.get('HOME'), home)
  assert.not.ok(env.has('LD_PRELOAD'))
  assert.is(env.get('GOPATH'), `${project}/$(touch pwned)\`touch pwned\``)
  await session.type('', 'ls > ../list')
  assert.is(readFileSync(join(home, 'list'), 'utf8'), '')
})

eachShell('the exit status of the last command is kept', async ({ shell, home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const session = open()
  const status = shell === 'fish' ? '$status' : '$?'
  const fail = shell === 'fish' ? 'fish -c "exit 7"' : '(exit 7)'
  await session.type(fail, `echo ${status} > ~/one`, `cd ${project}`, `echo ${status} > ~/two`)
  await session.type(`cd /nowhere`, `echo ${status} > ~/three`, fail, '', `echo ${status} > ~/four`)
  const said = ['one', 'two', 'three', 'four'].map((name) => readFileSync(join(home, name), 'utf8').trim())
  assert.equal(said, ['7', '0', '1', shell === 'fish' ? '7' : '7'])
})

eachShell('evaluated twice it is still one hook', async ({ shell, home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const code = join(home, `hook.${shell}`)
  const session = open({ after: shell === 'fish' ? `source ${code}` : `eval "$(cat ${code})"` })
  await session.type(`cd ${project}`, shell === 'fish' ? `source ${code}` : `eval "$(cat ${code})"`)
  assertActive(await session.exported(), project)
  if (shell === 'bash') assert.is(await session.printed('"$PROMPT_COMMAND"'), '__zagi_prompt')
  if (shell === 'zsh')
    assert.is(await session.printed('$precmd_functions $chpwd_functions'), '__zagi_prompt\n__zagi_changed')
  await session.type('cd /')
  assert.is((await session.exported()).get('PATH'), plainPath)
})

eachShell('shells started inside know what to take back', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'), { tools: ['node', 'go'] })
  const env = { GOPATH: '/old go' }
  for (const inner of shells) {
    // Writes the rc file of the inner shell.
    await open({ env }, inner).type('')
    const session = open({ cwd: project, env })
    await session.type('')
    await session.type(inner === 'bash' ? 'bash --noprofile' : inner === 'zsh' ? 'zsh -d' : 'fish')
    const inside = await session.exported()
    assertActive(inside, project)
    assert.is(inside.get('PATH')!.split(':').length, 5, `${inner}: no piece twice`)
    await session.type('cd /')
    const outside = await session.exported()
    assert.is(outside.get('PATH'), plainPath)
    assert.is(outside.get('GOPATH'), '/old go')
    assert.not.ok(outside.has('ZAGI_PROJECT'))
    await session.type('exit')
    assertActive(await session.exported(), project)
  }
})

eachShell('ZAGI_HOME names another home of trust', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'), { trusted: false })
  trustProject(zagiHome(join(home, 'other home')), project)
  const session = open({ env: { ZAGI_HOME: join(home, 'other home') } })
  await session.type(`cd ${project}`)
  assertActive(await session.exported(), project)
})

eachShell('the short way to tools is made again by the program', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const vars = join(project, '.zagi', 'env', 'vars')
  writeFileSync(vars, `${readFileSync(vars, 'utf8')}tools=${home}/t\nshort=${home}/short\n`)
  writeFileSync(
    join(home, 'zagi'),
    `#!/bin/sh\nln -s t ${home}/short; mkdir -p ${home}/t; echo "$@" >> ${home}/calls\n`,
    {
      mode: 0o755,
    },
  )
  const session = open()
  await session.type(`cd ${project}`, 'cd /', `cd ${project}`)
  assertActive(await session.exported(), project)
  assert.is(readFileSync(join(home, 'calls'), 'utf8'), 'env --json\n')
})

eachShell('starts no process at a prompt, nor on the way in and out', async ({ home, open }) => {
  const project = sampleProject(home, join(home, 'app'))
  const file = join(home, 'trace')
  const session = open({ trace: { file, calls: 'clone,clone3,fork,vfork,execve' } })
  await session.type('/bin/true')
  await session.type(...Array<string>(10).fill(''))
  await session.type(`cd ${project}`)
  await session.type(...Array<string>(10).fill(''))
  await session.type('cd ..', '', `cd ${project}`, '', 'cd /', '', '')
  await session.type('/bin/true')
  const lines = readFileSync(file, 'utf8').split('\n')
  const own = lines.filter((line) => line.startsWith(`${lines[0]!.split(' ')[0]} `))
  const started = own.filter((line) => /\b(clone3?|v?fork|execve)\(/.test(line) && !line.includes('CLONE_THREAD'))
  const marks = lines.flatMap((line, at) => (line.includes('"/bin/true"') ? [at] : []))
  assert.is(marks.length, 2)
  const between = started.filter((line) => lines.indexOf(line) > marks[0]! && lines.indexOf(line) < marks[1]!)
  assert.is(between.length, 1, `only the second /bin/true is started:\n${between.join('\n')}`)
})
