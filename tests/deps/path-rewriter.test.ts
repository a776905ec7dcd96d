import * as assert from 'uvu/assert'
import { homeToken, pathRewriter, projectToken, toolToken } from '../../deps/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('deps: path rewriter')

const tool = '0123456789abcdfghijklmnpqrsvwxyz-python3-3.12.4'
const here = pathRewriter([
  { local: '/home/ann/app', stored: projectToken },
  { local: '/home/ann', stored: homeToken },
  { local: '/home/ann/.zagi/s/rsvwxyz-python3-3.12.4', stored: toolToken(tool) },
])
const there = pathRewriter([
  { local: '/srv/build', stored: projectToken },
  { local: '/root', stored: homeToken },
  { local: '/root/.zagi/s/vwxyz-python3-3.12.4', stored: toolToken(tool) },
])

const stored = (text: string, rewriter = here) => Buffer.from(rewriter.toStored(Buffer.from(text))).toString()
const restored = (text: string, rewriter = there) => Buffer.from(rewriter.fromStored(Buffer.from(text))).toString()
const moved = (text: string, rewriter = there) => restored(stored(text), rewriter)

test('the longest path wins', () => {
  assert.is(stored('home = /home/ann/app/.venv'), 'home = @zagi:project@/.venv')
  assert.is(stored('PATH=/home/ann/bin:/home/ann'), 'PATH=@zagi:home@/bin:@zagi:home@')
  assert.is(stored("x('/home/ann/.zagi/s/rsvwxyz-python3-3.12.4/bin')"), `x('@zagi:tool:${tool}@/bin')`)
})

test('only whole paths count', () => {
  for (const text of [
    '/home/ann2/app',
    '/home/anna',
    '/home/ann.old/x',
    '/mnt/home/ann/app',
    'x/home/ann/app',
    'http://home/ann/app',
    '/home/annä',
  ]) {
    assert.is(stored(text), text)
  }
  assert.is(stored('/home/ann/app2/x'), '@zagi:home@/app2/x', 'a shorter path may still be whole')
  assert.is(stored('//home/ann/app'), '/@zagi:project@')
})

test('a text with tokens of its own survives', () => {
  for (const text of [
    '@zagi:project@',
    '@zagi:@',
    '@zagi:zagi:project@',
    '@zagi:',
    '@zagi:@zagi:|url@',
    '@@zagi:home|shell@',
  ]) {
    assert.is(restored(stored(text), here), text)
    assert.is(moved(text), text)
  }
})

test('tokens that have no path here stay as they are', () => {
  const bare = pathRewriter([{ local: '/srv/build', stored: projectToken }])
  assert.is(restored('@zagi:home@/x @zagi:project@/y', bare), '@zagi:home@/x /srv/build/y')
  assert.is(restored('@zagi:project@', pathRewriter([])), '@zagi:project@')
})

test('a file: URL is percent-encoded', () => {
  const blank = pathRewriter([{ local: '/home/ann/my äpp', stored: projectToken }])
  const url = '{"url": "file:///home/ann/my%20%C3%A4pp/lib"}'
  assert.is(stored(url, blank), '{"url": "file://@zagi:project|url@/lib"}')
  assert.is(restored(stored(url, blank), blank), url)
  assert.is(restored(stored(url, blank), there), '{"url": "file:///srv/build/lib"}')
  assert.is(moved('file:///home/ann/app/lib', blank), url.slice(9, -2))
})

test('the bare word of an activation script is quoted where the new path needs it', () => {
  const blank = pathRewriter([{ local: "/srv/it's here", stored: projectToken }])
  assert.is(moved('export VIRTUAL_ENV=/home/ann/app/.venv\n', blank), `export VIRTUAL_ENV='/srv/it'"'"'s here'/.venv\n`)
  assert.is(
    moved('set -gx VIRTUAL_ENV /home/ann/app/.venv\n', blank),
    `set -gx VIRTUAL_ENV '/srv/it'"'"'s here'/.venv\n`,
  )
  assert.is(moved('export VIRTUAL_ENV=/home/ann/app/.venv\n'), 'export VIRTUAL_ENV=/srv/build/.venv\n')
  assert.is(moved('VIRTUAL_ENV="/home/ann/app/.venv"\n', blank), `VIRTUAL_ENV="/srv/it's here/.venv"\n`)
})

test('a script runs at a path that no first line can name, and comes back as it was', () => {
  const script = '#!/home/ann/app/.venv/bin/python -E\nimport sys\n'
  const long = `/${'d'.repeat(140)}`
  const blank = pathRewriter([{ local: '/srv/a b', stored: projectToken }])
  const far = pathRewriter([{ local: long, stored: projectToken }])
  assert.is(moved(script), '#!/srv/build/.venv/bin/python -E\nimport sys\n')
  const trick = (command: string) => `#!/bin/sh\n'''exec' ${command} -E "$0" "$@"\n' '''\nimport sys\n`
  assert.is(moved(script, blank), trick('"/srv/a b/.venv/bin/python"'))
  assert.is(moved(script, far), trick(`${long}/.venv/bin/python`))
  for (const rewriter of [blank, far]) {
    assert.is(restored(stored(moved(script, rewriter), rewriter), here), script)
  }
})

test('a head that pip would not write so is not changed into one that it would', () => {
  const long = `/home/ann/app/${'d'.repeat(140)}`
  for (const text of [
    `#!${long}/python\nx`,
    `#!/bin/sh\n'''exec' "/home/ann/app/bin/python" "$0" "$@"\n' '''\nx`,
    `#!/bin/sh\n'''exec' '/home/ann/app/bin/python' "$0" "$@"\n' '''\nx`,
    `#!/bin/sh\n'''exec' "/home/ann/app/a b/python"x "$0" "$@"\n' '''\nx`,
    '#!/home/ann/app/bin/python @zagi:home@\nx',
    '#!/home/ann/app/bin/@zagi:python\nx',
    '#!@zagi:project|shebang@/bin/python\nx',
    '#!/home/ann/app/bin/python',
  ]) {
    assert.is(restored(stored(text), here), text)
  }
})

test('what is not text is left alone', () => {
  const bytes = Buffer.from('\x7fELF\0/home/ann/app/lib\0')
  assert.is(here.toStored(bytes), bytes)
  const tokens = Buffer.from('\0@zagi:project@')
  assert.is(here.fromStored(tokens), tokens)
  const untouched = Buffer.from('no path here')
  assert.is(here.toStored(untouched), untouched)
  assert.equal([...here.toStored(Buffer.from([0xff, 0x2f, 0xc3, 0x28]))], [0xff, 0x2f, 0xc3, 0x28])
})

test('link targets are replaced at their beginning only', () => {
  const move = (target: string) => there.linkFromStored(here.linkToStored(target))
  assert.is(here.linkToStored('/home/ann/app'), '@zagi:project@')
  assert.is(
    move('/home/ann/.zagi/s/rsvwxyz-python3-3.12.4/bin/python3'),
    '/root/.zagi/s/vwxyz-python3-3.12.4/bin/python3',
  )
  assert.is(move('/home/ann/.pyenv/bin/python'), '/root/.pyenv/bin/python')
  for (const target of [
    '../home/ann/app',
    '/home/ann2',
    '/usr/bin/python3',
    'a/home/ann/app',
    '@zagi:project@/x',
    '@zagi:@',
  ]) {
    assert.is(move(target), target)
  }
})

test('mistakes of the caller are bugs, a root folder is no path', () => {
  assert.throws(() => pathRewriter([{ local: '/a', stored: 'token' }]), /^Bug: /)
  assert.throws(() => pathRewriter([{ local: '/a', stored: '@zagi:@' }]), /^Bug: /)
  assert.throws(() => pathRewriter([{ local: 'a', stored: projectToken }]), /^Bug: /)
  assert.throws(() => pathRewriter([{ local: '/a/', stored: projectToken }]), /^Bug: /)
  const same = [{ local: '/a', stored: projectToken }, { local: '/b', stored: projectToken }] // biome-ignore format: pair
  assert.throws(() => pathRewriter(same), /^Bug: /)
  assert.is(stored('/a /', pathRewriter([{ local: '/', stored: homeToken }])), '/a /')
})

test('every text comes back from the store as it was (random)', () => {
  const { seed, below, pick } = random()
  const locals = ['/home/ann/app', '/home/ann', '/a', '/a/b c', '/ä', "/it's", '/c++/x', `/${'l'.repeat(130)}`]
  const pieces = [
    ...['@zagi:', '@', ':', '|', 'url@', '|shell@', '|shebang@', 'project@', 'p0@', 'zagi:', '/', ' ', '\n', '"', "'"],
    ...['#!', '#!/bin/sh\n', "'''exec' ", ' "$0" "$@"', "\n' '''\n", '/bin/python', ' -E', 'x', 'é', '.', '\xff'],
    ...['VIRTUAL_ENV=', 'VIRTUAL_ENV ', '(cygpath ', 'file://', 'http:/', '%20', '\r'],
  ]
  for (let round = 0; round < 20_000; round++) {
    const used = locals.filter(() => below(10) < 6)
    const rewriter = pathRewriter(used.map((local, index) => ({ local, stored: `@zagi:p${index}@` })))
    const all = [...pieces, ...used, ...used, ...used.map((path) => encodeURI(path))]
    const text = Array.from({ length: below(12) }, () => pick(all)).join('')
    const bytes = Buffer.from(below(2) === 0 ? text : `#!${text}\n`, below(2) === 0 ? 'utf8' : 'latin1')
    const back = Buffer.from(rewriter.fromStored(rewriter.toStored(bytes)))
    assert.ok(back.equals(bytes), `seed ${seed}, round ${round}: ${JSON.stringify(text)}`)
    assert.is(rewriter.linkFromStored(rewriter.linkToStored(text)), text, `seed ${seed}, round ${round}`)
  }
})

test('a word of a shell script is quoted where it needs to be, and found again', () => {
  const blanks = pathRewriter([{ local: '/srv/a new build', stored: projectToken }])
  const script = 'VIRTUAL_ENV=/home/ann/app/.venv\nset -gx VIRTUAL_ENV /home/ann/app/.venv\n'
  const there = restored(stored(script), blanks)
  assert.is(there, "VIRTUAL_ENV='/srv/a new build'/.venv\nset -gx VIRTUAL_ENV '/srv/a new build'/.venv\n")
  assert.is(stored(there, blanks), stored(script))
})
